-- Deletes old tags of the images of a collection, keeping the newest ones
--
-- usage: sregistry-shell run prune.lua COLLECTION --keep N [--older AGE] [--match PATTERN] [--by ORDER] [--yes]
--
--   --keep N         of each image keep the N newest tags; at least one
--   --older AGE      and every tag that is younger than this, such as 90d
--   --match PATTERN  only images whose name matches, such as 'tools/*'
--   --by ORDER       version: by number (1.9 before 1.10); age: by date; without it by version
--                    where every tag is one, else by date
--   --yes            delete; without it, what would be deleted is only listed
--
-- The tag latest is always kept, and so is every object that has no recorded tag: what it is of
-- can only be guessed. A push of the file it holds records the tag.

local o = script.options()
if o.keep < 1 then
  log.error("--keep must be at least 1, or nothing would be left of an image")
  os.exit(2)
elseif o.by and o.by ~= "version" and o.by ~= "age" then
  log.error("--by is version or age")
  os.exit(2)
end

local images, unknown = {}, 0
for image in client.each(o.collection .. "/") do
  if image.tag == "" or image.sha256 == "" then -- what push records has both
    unknown = unknown + 1
  elseif path.match(image.name, o.match or "*") then
    images[image.name] = images[image.name] or {}
    table.insert(images[image.name], image)
  end
end
if unknown > 0 then log.info(("%d objects without a recorded tag are kept"):format(unknown)) end

-- versions tells whether every tag but latest is a version.
local function versions(list)
  for _, image in ipairs(list) do
    if image.tag ~= "latest" and not image.tag:find("^v?%d+[%d.]*[-+%w.]*$") then return false end
  end
  return true
end

local old, bytes = {}, 0
local before = o.older and time.now() - o.older
for _, list in pairs(images) do
  local by = o.by or versions(list) and "version" or "age"
  table.sort(list, function(a, b)
    if by == "version" and sort.compare(a.tag, b.tag) ~= 0 then return sort.compare(a.tag, b.tag) > 0 end
    return a.modified > b.modified
  end)
  local kept = 0
  for _, image in ipairs(list) do
    local young = before and time.parse(image.modified) > before
    if image.tag == "latest" or young then
      -- kept, and it does not count
    elseif kept < o.keep then
      kept = kept + 1
    else
      old[#old + 1] = image
      bytes = bytes + math.max(image.size, 0)
    end
  end
end
table.sort(old, function(a, b) return a.uri < b.uri end)

local really = o.yes and not o.dry_run
for _, image in ipairs(old) do
  local text = (really and "deleting %s  %s  %s" or "would delete %s  %s  %s"):format(image.uri, human.bytes(image.size), image.modified)
  if really and not o.json then
    log.info(text) -- a cron job says nothing when all went well
  else
    script.result({ image = image.uri, size = image.size, modified = image.modified, deleted = really }, text)
  end
end
if really and #old > 0 then client.delete(old, { yes = true }) end
log.info(("%d tags, %s%s"):format(#old, human.bytes(bytes), really and " deleted" or #old > 0 and "; --yes deletes them" or ""))
