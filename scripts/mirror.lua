-- Copies images to another cluster, leaving out what is there already
--
-- usage: sregistry-shell run mirror.lua --to CLOUD [PATTERN...] [--jobs N]
--
--   --to CLOUD       a cloud of clouds.yaml; with a slash in it, a folder of embedded storage
--   --jobs N         how many images at once, 4 without it
--
-- A PATTERN is such as 'lab/*' or 'lab/ubuntu:*'; all images without one. One listing of each
-- collection here and there tells what is missing: images whose size and hash are the recorded ones
-- are not moved. Bytes go through this machine as a stream, checked there; nothing is kept here. Run
-- again, it goes on where it was. What is only there stays.

local o = script.options()
local patterns, jobs = o.pattern, o.jobs or 4
local there = o.to:find("/") and connect({ embedded = o.to }) or connect({ cloud = o.to })

-- wanted tells whether an image is asked for, by its name or its object's.
local function wanted(image)
  for _, pattern in ipairs(patterns) do
    if path.match(image.uri, pattern) or path.match(image.collection .. "/" .. image.object, pattern) then return true end
  end
  return #patterns == 0
end

-- named is what an image is called there.
local function named(image) return image.collection .. "/" .. image.name .. ":" .. (image.tag ~= "" and image.tag or "latest") end

-- same tells whether an image there is known to hold the bytes of one here.
local function same(here, copy)
  if not copy or here.size ~= copy.size then return false end
  if here.sha256 ~= "" and copy.sha256 ~= "" then return here.sha256 == copy.sha256 end
  return here.etag ~= "" and here.etag == copy.etag
end

-- What is there, a collection when it is first met.
local listed, copies = {}, {}
local function copy_of(image)
  if not listed[image.collection] then
    listed[image.collection] = true
    local ok, err = pcall(function()
      for copy in there.each(image.collection .. "/") do copies[named(copy)] = copy end
    end)
    if not ok and (type(err) == "string" or err.code ~= "not_found") then error(err, 0) end
  end
  return copies[named(image)]
end

local todo, skipped, bytes = {}, 0, 0
for image in client.each() do
  if wanted(image) then
    if same(image, copy_of(image)) then
      skipped = skipped + 1
    else
      todo[#todo + 1] = { image, named(image) }
      bytes = bytes + math.max(image.size, 0)
    end
  end
end
if o.dry_run then
  for _, item in ipairs(todo) do
    script.result({ image = item[1].uri, size = item[1].size, to = o.to }, ("would copy %s  %s"):format(item[1].uri, human.bytes(item[1].size)))
  end
elseif #todo > 0 then
  client.copy(todo, { to = there, jobs = jobs })
end
script.summary({ copied = #todo, bytes = bytes, same = skipped }, ("%d %s (%s), %d there already"):format(
  #todo, o.dry_run and "would be copied" or "copied", human.bytes(bytes), skipped))
