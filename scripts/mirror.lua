-- Copies images to another cluster, leaving out what is there already
--
-- usage: sregistry-shell run mirror.lua --to CLOUD [PATTERN...] [--jobs N]
--
--   --to CLOUD       a cloud of clouds.yaml, which may say auth_type: v1password; with a slash in
--                    it, a folder of embedded storage
--   --jobs N         how many images at once, 4 without it
--
-- A PATTERN is such as 'lab/*' or 'lab/ubuntu:*'; all images without one. One listing of each
-- collection here and there tells what is missing: images whose size and hash are the recorded ones
-- are not moved. Bytes go through this machine as a stream, and nothing is kept here. The server there
-- compares the MD5 of each piece with that of the source; audit compares the SHA-256 of the whole.
-- Run again, it goes on where it was. What is only there stays.

local o = script.options()
local patterns, jobs = o.pattern, o.jobs or 4
if o.to == "" then
  log.error("--to names nothing")
  os.exit(2)
end
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

-- queries are the collections to list: those that the patterns name, else all.
local function queries()
  local found, seen = {}, {}
  for _, pattern in ipairs(patterns) do
    local collection = pattern:match("^[^/*?%[]+/")
    if not collection then return { "" } end
    if not seen[collection] then seen[collection], found[#found + 1] = true, collection end
  end
  return #found > 0 and found or { "" }
end

-- same tells whether an image there is known to hold the bytes of one here.
local function same(here, copy)
  if not copy then return false end
  if here.sha256 ~= "" and copy.sha256 ~= "" then return here.size == copy.size and here.sha256 == copy.sha256 end
  -- Of a large image of another tool a listing tells too little.
  if here.size < 0 or here.etag == "" then here = client.stat(here.collection .. "/" .. here.object) end
  if here.etag ~= "" and here.etag == copy.source then return here.size == copy.size end
  if copy.size < 0 or copy.etag == "" then copy = there.stat(copy.collection .. "/" .. copy.object) end
  return here.etag ~= "" and here.etag == copy.etag and here.size == copy.size
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
for _, query in ipairs(queries()) do
  for image in client.each(query) do
    if wanted(image) and same(image, copy_of(image)) then
      skipped = skipped + 1
    elseif wanted(image) then
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
