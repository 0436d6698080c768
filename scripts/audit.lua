-- Reads every image there is and compares it with the hash that was recorded for it
--
-- usage: sregistry-shell run audit.lua [COLLECTION...] [--jobs N] [--state FILE] [--again AGE]
--
--   --jobs N         how many images at once, 4 without it
--   --state FILE     note in FILE what was right, and leave it out when run again unless it changed
--   --again AGE      but look again at what was noted longer ago than this, such as 30d
--
-- Nothing is kept on disk. An image without a recorded hash is compared with the MD5 that the
-- server has of it. What is corrupt or cannot be read is listed; it ends with the status 6 when an
-- image is corrupt, and with 5 when one could not be read. A push of its file mends an image that
-- lost segments; for one whose bytes are wrong it needs --force.

local o = script.options()
local jobs, collections, asked = o.jobs or 4, {}, {}
if jobs < 1 then script.fail("invalid", "--jobs must be at least 1") end
if o.state == "" then script.fail("invalid", "--state names no file") end
for _, c in ipairs(#o.collection > 0 and o.collection or client.collections()) do
  local name = tostring(c):gsub("/$", "")
  if name:find("/") then script.fail("invalid", name .. ": a collection's name has no slash") end
  if not asked[name] then asked[name], collections[#collections + 1] = true, name end
end

local function path_of(image) return image.collection .. "/" .. image.object end
local function mark(image) return image.etag .. "/" .. image.sha256 .. "/" .. (image.modified or "") end

-- The state is a line an image: when, what it was, name. A run that was interrupted keeps its own.
local known = {}
if o.state and fs.exists(o.state) then
  for line in io.lines(o.state) do
    local at, what, path = line:match("^(%S+)\t(%S+)\t(.+)$")
    if at and (not o.again or time.parse(at) > time.now() - o.again) then known[path] = what end
  end
end

-- A state that cannot be written is told before hours of reading.
if o.state and not o.dry_run then fs.write(o.state, "", { append = true }) end

local counts = { right = 0, corrupt = 0, failed = 0, known = 0, bytes = 0 }
local running = {}

-- finish waits for the image that was begun first. A pull to /dev/null is a check.
local function finish()
  local job = table.remove(running, 1)
  local image = job.image
  local ok, err = pcall(job.task.wait, job.task)
  if ok then
    counts.right, counts.bytes = counts.right + 1, counts.bytes + math.max(image.size, 0)
    if o.state and not o.dry_run then
      fs.write(o.state, ("%s\t%s\t%s\n"):format(time.utc(), mark(image), path_of(image)), { append = true })
    end
    return
  elseif type(err) == "string" or err.code == "canceled" then
    error(err, 0)
  end
  local result = err.code == "corrupt" and "corrupt" or "failed"
  counts[result] = counts[result] + 1
  script.result({ image = path_of(image), result = result, message = err.message }, result .. "  " .. path_of(image) .. ": " .. err.message)
end

for _, collection in ipairs(collections) do
  for image in client.each(collection .. "/") do
    if known[path_of(image)] == mark(image) then
      counts.known = counts.known + 1
    else
      running[#running + 1] = { image = image, task = async(client.pull, path_of(image), "/dev/null") }
      if #running >= jobs then finish() end
    end
  end
end
while #running > 0 do finish() end

script.summary(counts, ("%d right (%s), %d corrupt, %d could not be read, %d known from before"):format(
  counts.right, human.bytes(counts.bytes), counts.corrupt, counts.failed, counts.known))
os.exit(counts.corrupt > 0 and 6 or counts.failed > 0 and 5 or 0)
