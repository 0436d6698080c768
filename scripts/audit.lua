-- Reads every image there is and compares it with the hash that was recorded for it
--
-- usage: sregistry-shell run audit.lua [COLLECTION...] [--jobs N] [--state FILE] [--again AGE]
--
--   --jobs N         how many images at once, 4 without it
--   --state FILE     note in FILE what was right, and leave it out when run again
--   --again AGE      but look again at what was noted longer ago than this, such as 30d
--
-- Nothing is kept on disk. An image without a recorded hash is compared with the MD5 that the
-- server has of it. It ends with the status 6 when an image is corrupt.

local o = script.options()
local jobs, collections = o.jobs or 4, o.collection
if #collections == 0 then
  for _, c in ipairs(client.collections()) do collections[#collections + 1] = c.name end
end

-- The state is a line an image: when, ETag and hash, name. A run that was interrupted keeps its own.
local known = {}
if o.state and fs.exists(o.state) then
  for line in io.lines(o.state) do
    local at, mark, uri = line:match("^(%S+)\t(%S+)\t(.+)$")
    if at and (not o.again or time.parse(at) > time.now() - o.again) then known[uri] = mark end
  end
end

local function path_of(image) return image.collection .. "/" .. image.object end
local function mark(image) return image.etag .. "/" .. image.sha256 end

local counts = { right = 0, corrupt = 0, failed = 0, known = 0, bytes = 0 }
local worst = 0

-- judge tells what became of one image.
local function judge(image, err)
  local result = "right"
  if err then
    result = err.code == "corrupt" and "corrupt" or "failed"
    worst = result == "corrupt" and 6 or math.max(worst, 5)
    script.result({ image = path_of(image), result = result, message = err.message }, result .. "  " .. path_of(image) .. ": " .. err.message)
  else
    counts.bytes = counts.bytes + math.max(image.size, 0)
    if o.state and not o.dry_run then
      fs.write(o.state, ("%s\t%s\t%s\n"):format(time.utc(), mark(image), path_of(image)), { append = true })
    end
  end
  counts[result] = counts[result] + 1
end

-- check reads the images of a list at once. A pull to /dev/null is a check.
local function check(list)
  local tasks = {}
  for i, image in ipairs(list) do tasks[i] = async(client.pull, path_of(image), "/dev/null") end
  for i, image in ipairs(list) do
    local ok, err = pcall(tasks[i].wait, tasks[i])
    if not ok and (type(err) == "string" or err.code == "canceled") then error(err, 0) end
    judge(image, not ok and err or nil)
  end
end

local batch = {}
for _, collection in ipairs(collections) do
  local ok, err = pcall(function()
    for image in client.each(collection .. "/") do
      if known[path_of(image)] == mark(image) then
        counts.known = counts.known + 1
      else
        batch[#batch + 1] = image
        if #batch == jobs then
          check(batch)
          batch = {}
        end
      end
    end
  end)
  if not ok then error(err, 0) end
end
check(batch)

script.summary(counts, ("%d right (%s), %d corrupt, %d could not be read, %d known from before"):format(
  counts.right, human.bytes(counts.bytes), counts.corrupt, counts.failed, counts.known))
os.exit(worst)
