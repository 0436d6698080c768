-- Pushes a folder of images to a collection, or pulls it, leaving out what is there already
--
-- usage: sregistry-shell run sync.lua DIR COLLECTION [--pull] [--delete] [--jobs N]
--
--   --pull           from the collection to the folder
--   --delete         remove at the target what is not at the source; of a source that holds
--                    nothing it is refused: a folder may not be mounted
--   --jobs N         how many images move at once, 4 without it
--
-- DIR/ubuntu.sif becomes COLLECTION/ubuntu:latest, DIR/tools/x:v2.sif COLLECTION/tools/x:v2. A
-- file that is called like an object of the collection is that image: so what was pulled goes back
-- to where it came from. One listing tells what is there; files whose size and SHA-256 are the
-- recorded ones are not moved.

local o = script.options()
local folder, collection = (o.dir:gsub("(.)/+$", "%1")), o.collection
if not fs.isdir(folder) and (not o.pull or fs.exists(folder)) then
  log.error(folder .. " is not a folder")
  os.exit(2)
end

-- What is there, by object and by name:tag.
local images, objects, named = {}, {}, {}
local ok, err = pcall(function()
  for image in client.each(collection .. "/") do
    images[#images + 1] = image
    objects[image.object] = image
    named[image.name .. ":" .. image.tag] = image
  end
end)
-- A new collection is made by the push.
if not ok and (o.pull or err.code ~= "not_found") then error(err, 0) end

-- What is here, by its path below the folder.
local kinds = { [".sif"] = true, [".simg"] = true, [".img"] = true }
local files = {}
if fs.isdir(folder) then
  for file, stat in fs.walk(folder) do
    if stat.type == "file" and kinds[path.ext(file):lower()] then
      files[file:sub(#folder + 1):gsub("^/+", "")] = { path = file, size = stat.size }
    end
  end
end

-- same tells whether a file holds the bytes that were recorded for an image.
local function same(file, image)
  return file and image and image.size == file.size and image.sha256 ~= "" and image.sha256 == fs.sha256(file.path)
end

local todo, extra, skipped, bytes = {}, {}, 0, 0
if o.pull then
  for _, image in ipairs(images) do
    local file = files[image.object]
    files[image.object] = nil
    if same(file, image) then
      skipped = skipped + 1
    else
      -- A name that somebody else chose must stay in the folder.
      assert(not ("/" .. image.object .. "/"):find("/..?/"), image.object .. " is no name for a file")
      todo[#todo + 1] = { image, path.join(folder, image.object) }
      bytes = bytes + math.max(image.size, 0)
    end
  end
  for _, file in pairs(files) do extra[#extra + 1] = file.path end
else
  for object, file in pairs(files) do
    local name = object:sub(1, -#path.ext(object) - 1)
    if not path.base(name):find(":") then name = name .. ":latest" end
    local image = objects[object] or named[name]
    if image then objects[image.object] = nil end
    if same(file, image) then
      skipped = skipped + 1
    else
      todo[#todo + 1] = { file.path, image and image.collection .. "/" .. image.object or collection .. "/" .. name }
      bytes = bytes + file.size
    end
  end
  for _, image in pairs(objects) do extra[#extra + 1] = image end
end
if not o.delete then extra = {} end
if #extra > 0 and #todo + skipped == 0 then
  log.error(("%s holds no image, and --delete would remove all %d"):format(o.pull and collection or folder, #extra))
  os.exit(2)
end
table.sort(todo, function(a, b) return tostring(a[1]) < tostring(b[1]) end)
table.sort(extra, function(a, b) return tostring(a) < tostring(b) end)

if o.pull then
  for _, item in ipairs(todo) do
    if not o.dry_run then fs.mkdir(path.dir(item[2])) end
  end
  if #todo > 0 then client.pull(todo, { force = true, save = false, jobs = o.jobs }) end
  for _, file in ipairs(extra) do
    log.info((o.dry_run and "would delete " or "deleting ") .. file)
    if not o.dry_run then fs.remove(file) end
  end
else
  if #todo > 0 then client.push(todo, { jobs = o.jobs }) end
  if #extra > 0 then client.delete(extra, { yes = true }) end
end
script.summary({ moved = #todo, bytes = bytes, same = skipped, deleted = #extra }, ("%d %s (%s), %d there already%s"):format(
  #todo, o.pull and "pulled" or "pushed", human.bytes(bytes), skipped, #extra > 0 and (", %d deleted"):format(#extra) or ""))
