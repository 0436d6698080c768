-- Copies images to another cluster, leaving out what is there already
--
-- usage: sregistry-shell run mirror.lua --to CLOUD [PATTERN...] [--jobs N]
--
--   --to CLOUD       a cloud of clouds.yaml, which may say auth_type: v1password; with a slash in
--                    it, a folder of embedded storage
--   --jobs N         how many images at once, 4 without it
--
-- A PATTERN is such as 'lab/*' or 'lab/ubuntu:*'; all images without one. One that means nothing is
-- not_found (3); but a collection that is there, 'lab/*', may be empty. One listing of each collection
-- here and there tells what is missing: images whose size and hash are the recorded ones are not
-- moved. Names there are in lower case, as those of push, but for the tags. Of several objects that
-- come to one name the newest is copied, which reading it takes, and the others are told.
--
-- Bytes go through this machine as a stream, and nothing is kept here. The server there compares the
-- MD5 of each piece with that of the source; audit compares the SHA-256 of the whole. Run again, it
-- goes on where it was. What is only there stays.

local o = script.options()
local patterns, jobs = o.pattern, o.jobs or 4
if o.to == "" then script.fail("invalid", "--to names nothing") end
for _, pattern in ipairs(patterns) do path.match("", pattern) end -- refuses what is no pattern
local there = o.to:find("/") and connect({ embedded = o.to }) or connect({ cloud = o.to })

local function path_of(image) return image.collection .. "/" .. image.object end

-- wanted tells whether an image is asked for, by its name or its object's.
local meant = {}
local function wanted(image)
  local is = #patterns == 0
  for _, pattern in ipairs(patterns) do
    if path.match(image.uri, pattern) or path.match(path_of(image), pattern) then
      meant[pattern], is = true, true
    end
  end
  return is
end

-- empty tells whether a pattern is all of a collection, and that is empty.
local function empty(pattern)
  local all = pattern == "*" and "" or pattern:match("^([^/*?%[]+/)%*$")
  if not all then return false end
  for _ in client.each(all) do return false end
  return true
end

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

-- named is what an image is called there.
local function named(image)
  return (image.collection .. "/" .. image.name):lower() .. ":" .. (image.tag ~= "" and image.tag or "latest")
end

-- newer tells whether reading takes a, and not b, where both have one name. Where they are of one
-- second only storage knows.
local function newer(a, b, storage)
  if a.modified ~= b.modified then return a.modified > b.modified end
  return a.uri == b.uri and storage.stat(a.uri).object == a.object
end

-- keep puts the newest of its name into a table, and returns the other image, if there is one.
local function keep(images, image, storage)
  local name = named(image)
  local other = images[name]
  if other and not newer(image, other, storage) then return image end
  images[name] = image
  return other
end

-- same tells whether an image there is known to hold the bytes of one here.
local function same(here, copy)
  if not copy then return false end
  if here.sha256 ~= "" and copy.sha256 ~= "" then return here.size == copy.size and here.sha256 == copy.sha256 end
  -- Of a large image of another tool a listing tells too little.
  if here.size < 0 or here.etag == "" then here = client.stat(path_of(here)) end
  if here.etag ~= "" and here.etag == copy.source then return here.size == copy.size end
  if copy.size < 0 or copy.etag == "" then copy = there.stat(path_of(copy)) end
  return here.etag ~= "" and here.etag == copy.etag and here.size == copy.size
end

-- What is there, a collection when it is first met.
local listed, copies = {}, {}
local function copy_of(name)
  local collection = name:match("^[^/]+/")
  if not listed[collection] then
    listed[collection] = true
    local ok, err = pcall(function()
      for copy in there.each(collection) do keep(copies, copy, there) end
    end)
    if not ok and (type(err) == "string" or err.code ~= "not_found") then error(err, 0) end
  end
  return copies[name]
end

-- What is here, by its name there.
local images, seen = {}, {}
for _, query in ipairs(queries()) do
  for image in client.each(query) do
    if not seen[path_of(image)] and wanted(image) then
      seen[path_of(image)] = true
      local left = keep(images, image, client)
      if left then
        local taken = images[named(image)]
        local tell = left.etag == taken.etag and left.sha256 == taken.sha256 and log.info or log.warn
        tell(("%s is left out: %s has the same name there, and is newer"):format(path_of(left), path_of(taken)))
      end
    end
  end
end
for _, pattern in ipairs(patterns) do
  if not meant[pattern] and not empty(pattern) then
    script.fail("not_found", ("no image matches %q; all of a collection is 'lab/*'"):format(pattern))
  end
end

local todo, skipped, bytes = {}, 0, 0
for name, image in pairs(images) do
  if same(image, copy_of(name)) then
    skipped = skipped + 1
  else
    todo[#todo + 1] = image
    bytes = bytes + math.max(image.size, 0)
  end
end
todo = sort.by(todo, path_of)
for i, image in ipairs(todo) do
  if o.dry_run then
    local size = image.size >= 0 and human.bytes(image.size) or "of unknown size"
    script.result({ image = image.uri, size = image.size, to = o.to }, ("would copy %s  %s"):format(image.uri, size))
  end
  todo[i] = { path_of(image), named(image) }
end
if #todo > 0 and not o.dry_run then client.copy(todo, { to = there, jobs = jobs }) end
script.summary({ copied = #todo, bytes = bytes, same = skipped }, ("%d %s (%s), %d there already"):format(
  #todo, o.dry_run and "would be copied" or "copied", human.bytes(bytes), skipped))
