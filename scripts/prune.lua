-- Deletes old tags of the images of a collection, keeping the newest ones
--
-- usage: sregistry-shell run prune.lua COLLECTION --keep N [--older AGE] [--match PATTERN] [--by ORDER] [--yes]
--
--   --keep N         of each image keep the N newest of the tags that are not kept anyway; at least one
--   --older AGE      keep every tag that is younger than this anyway, such as 90d
--   --match PATTERN  only images whose name matches, such as 'tools/*'
--   --by ORDER       version: by number (1.9 before 1.10); age: by date; without it by version
--                    where every tag is one, else by date; the other one decides between equals
--   --yes            delete; without it, what would be deleted is only listed
--
-- The tag latest is kept anyway, and so is every object that has no recorded tag: what it is of can
-- only be guessed. A push of the file it holds records the tag. What is kept anyway does not count for
-- --keep: with --keep 2 and --older 90d two tags older than 90 days stay, beside all younger ones.

local o = script.options()
if o.keep < 1 then
  script.fail("invalid", "--keep must be at least 1, or nothing would be left of an image")
elseif o.by and o.by ~= "version" and o.by ~= "age" then
  script.fail("invalid", "--by is version or age")
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

-- newer is the order by version or by age, for table.sort.
local function newer(by)
  return function(a, b)
    local version = sort.compare(a.tag, b.tag)
    if by == "version" and version ~= 0 then return version > 0 end
    if a.modified ~= b.modified then return a.modified > b.modified end
    if version ~= 0 then return version > 0 end
    return a.object > b.object
  end
end

local old = {}
local before = o.older and time.now() - o.older
for _, list in pairs(images) do
  table.sort(list, newer(o.by or versions(list) and "version" or "age"))
  local kept = 0
  for _, image in ipairs(list) do
    local young = before and time.parse(image.modified) > before
    if image.tag == "latest" or young then
      -- kept, and it does not count
    elseif kept < o.keep then
      kept = kept + 1
    else
      old[#old + 1] = image
    end
  end
end
old = sort.by(old, "uri")

-- What could not be deleted is told by the error; the rest is gone, and reported.
local really = o.yes and not o.dry_run
local gone, failed = old, nil
if really and #old > 0 then
  local ok, err = pcall(client.delete, old, { yes = true })
  if not ok then gone, failed = type(err) ~= "string" and err.done or {}, err end
end

local bytes = 0
for _, image in ipairs(gone) do
  bytes = bytes + math.max(image.size, 0)
  local text = (really and "deleted %s  %s  %s" or "would delete %s  %s  %s"):format(image.uri, human.bytes(image.size), image.modified)
  if really and not o.json then
    log.info(text) -- a cron job says nothing when all went well
  else
    script.result({ image = image.uri, size = image.size, modified = image.modified, deleted = really }, text)
  end
end
script.summary({ old = #old, deleted = really and #gone or 0, bytes = bytes }, ("%d tags, %s%s"):format(
  #gone, human.bytes(bytes), really and " deleted" or #old > 0 and "; --yes deletes them" or ""))
if failed then error(failed, 0) end
