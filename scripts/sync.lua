-- Pushes a folder of images to a collection, or pulls it, leaving out what is there already
--
-- usage: sregistry-shell run sync.lua DIR COLLECTION [--pull] [--delete] [--jobs N]
--
--   --pull           from the collection to the folder
--   --delete         remove at the target what is not at the source; of a source that holds
--                    nothing it is refused: a folder may not be mounted
--   --jobs N         how many images move at once, 4 without it
--
-- DIR/ubuntu.sif becomes COLLECTION/ubuntu:latest, DIR/tools/x:v2.sif COLLECTION/tools/x:v2; names
-- of images have no capitals. A file that is called like an object of the collection is that image:
-- so what was pulled goes back to where it came from. A link to a file is one. One listing tells
-- what is there; files whose size and SHA-256 are the recorded ones are not moved.

local o = script.options()
local folder, collection = o.dir, (o.collection:gsub("/+$", ""))
if collection:find("/") then
  script.fail("invalid", ("%s is no collection: it has a /"):format(o.collection))
end
if not fs.isdir(folder) and (not o.pull or fs.exists(folder)) then
  script.fail("invalid", folder .. " is not a folder")
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

-- What is here, by its path below the folder. An object may be called like no image, too.
local kinds = { [".sif"] = true, [".simg"] = true, [".img"] = true }
local files = {}
if fs.isdir(folder) then
  for file, stat in fs.walk(folder) do
    local there, target = pcall(fs.stat, file)
    if there and target.type == "file" and (kinds[path.ext(file):lower()] or objects[stat.below]) then
      files[stat.below] = { path = file, size = target.size }
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
    elseif ("/" .. image.object .. "/"):find("/%.?%.?/") then
      -- A name that somebody else chose must stay in the folder.
      log.warn(("%s/%s is left out: it is no name for a file"):format(collection, image.object))
    else
      todo[#todo + 1] = { image, path.join(folder, image.object) }
      bytes = bytes + math.max(image.size, 0)
    end
  end
  for _, file in pairs(files) do extra[#extra + 1] = file.path end
else
  local taken = {} -- files by what they become
  for below, file in pairs(files) do
    local name, tag = below:sub(1, -#path.ext(below) - 1):match("^(.-):([^:/]*)$")
    name = (name or below:sub(1, -#path.ext(below) - 1)):lower() .. ":" .. (tag or "latest")
    local image = objects[below] or named[name]
    local target = image and image.object or name
    if taken[target] then
      script.fail("invalid", ("%s and %s would be one image, %s/%s"):format(taken[target], file.path, collection, target))
    end
    taken[target] = file.path
    if same(file, image) then
      skipped = skipped + 1
    else
      todo[#todo + 1] = { file.path, image and image.collection .. "/" .. image.object or collection .. "/" .. name }
      bytes = bytes + file.size
    end
  end
  for object, image in pairs(objects) do
    if not taken[object] then extra[#extra + 1] = image end
  end
end
if not o.delete then extra = {} end
if #extra > 0 and #todo + skipped == 0 then
  script.fail("invalid", ("%s holds no image, and --delete would remove all %d"):format(o.pull and collection or folder, #extra))
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
  local pushed = {}
  for _, image in ipairs(#todo > 0 and client.push(todo, { jobs = o.jobs }) or {}) do pushed[image.object] = true end
  for i = #extra, 1, -1 do
    if pushed[extra[i].object] then table.remove(extra, i) end
  end
  if #extra > 0 then client.delete(extra, { yes = true }) end
end
script.summary({ moved = #todo, bytes = bytes, same = skipped, deleted = #extra }, ("%d %s (%s), %d there already%s"):format(
  #todo, o.pull and "pulled" or "pushed", human.bytes(bytes), skipped, #extra > 0 and (", %d deleted"):format(#extra) or ""))
