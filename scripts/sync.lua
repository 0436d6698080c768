-- Pushes a folder of images to a collection, leaving out what is there already
--
-- usage: sregistry-shell run sync.lua DIR COLLECTION
--
-- DIR/ubuntu.sif becomes COLLECTION/ubuntu:latest, DIR/tools/x:v2.sif COLLECTION/tools/x:v2. A
-- file that is called like an object of the collection is that image: so what was pulled without
-- a name goes back to where it came from. One listing tells what is there; files whose size and
-- SHA-256 are the recorded ones are not sent.

local usage = "usage: sregistry-shell run sync.lua DIR COLLECTION"
local folder, collection = arg[1], arg[2]
if folder == "--help" then
  print(usage)
  os.exit(0)
elseif not collection or arg[3] then
  io.stderr:write(usage .. "\n")
  os.exit(2)
end
if not fs.isdir(folder) then
  log.error(folder .. " is not a folder")
  os.exit(2)
end

-- What is there, by object and by name:tag.
local objects, images = {}, {}
local ok, err = pcall(function()
  for image in client.each(collection .. "/") do
    objects[image.object] = image
    images[image.name .. ":" .. image.tag] = image
  end
end)
if not ok and err.code ~= "not_found" then error(err, 0) end -- a new collection is made by the push

-- same tells whether a file holds the bytes that were recorded for an image.
local function same(file, size, image)
  return image ~= nil and image.size == size and image.sha256 ~= "" and image.sha256 == fs.sha256(file)
end

local kinds = { [".sif"] = true, [".simg"] = true, [".img"] = true }
local todo, skipped, bytes = {}, 0, 0
for file, stat in fs.walk(folder) do
  local ext = path.ext(file):lower()
  if stat.type == "file" and kinds[ext] then
    local object = file:sub(#folder + 1):gsub("^/+", "")
    local name = object:sub(1, -#ext - 1)
    if not path.base(name):find(":") then name = name .. ":latest" end
    local image = objects[object] or images[name]
    if same(file, stat.size, image) then
      skipped = skipped + 1
    else
      todo[#todo + 1] = { file, image and collection .. "/" .. image.object or collection .. "/" .. name }
      bytes = bytes + stat.size
    end
  end
end

if #todo > 0 then client.push(todo) end
log.info(("%d pushed (%s), %d there already"):format(#todo, human.bytes(bytes), skipped))
