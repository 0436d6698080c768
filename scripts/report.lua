-- Tells what is in storage: sizes, duplicates, the oldest images, leftovers, quotas
--
-- usage: sregistry-shell run report.lua [COLLECTION...] [--top N] [--html FILE]
--
--   --top N          how many rows a list has, 10 without it
--   --html FILE      write a page with plots to FILE; it needs nothing but itself
--
-- It asks for listings only, and fetches no image. Duplicates are images with one recorded SHA-256;
-- leftovers are what interrupted pushes have left. With --json it is all there is, as one line.

local o = script.options()
local top = o.top or 10

-- add counts an image under a key, in a list that is also a table by key.
local function add(list, key, image)
  local e = list[key]
  if not e then
    e = { name = key, images = 0, bytes = 0, list = {} }
    list[key], list[#list + 1] = e, e
  end
  e.images, e.bytes = e.images + 1, e.bytes + math.max(image.size, 0)
  e.list[e.images] = image
end

local asked = {}
for _, c in ipairs(o.collection) do
  c = c:gsub("/$", "") .. "/"
  if not asked[c] then asked[c], asked[#asked + 1] = true, c end
end
local collections, names, digests, months, all = {}, {}, {}, {}, {}
for _, query in ipairs(#asked > 0 and asked or { "" }) do
  for image in client.each(query) do
    all[#all + 1] = image
    add(collections, image.collection, image)
    add(names, image.collection .. "/" .. image.name, image)
    add(months, (image.modified or "?"):sub(1, 7), image)
    if image.sha256 ~= "" then add(digests, image.sha256, image) end
  end
end

-- allowed leaves out what this user may not see.
local function allowed(call, ...)
  local ok, result = pcall(call, ...)
  if ok then return result end
  if type(result) == "string" or result.code ~= "denied" then error(result, 0) end
  log.warn(tostring(result))
  return {}
end

local duplicates, wasted = {}, 0
for _, d in ipairs(digests) do
  if d.images > 1 then
    local uris = {}
    for i, image in ipairs(d.list) do uris[i] = image.uri end
    duplicates[#duplicates + 1] = { sha256 = d.name, images = uris, wasted = d.bytes - d.bytes / d.images }
    wasted = wasted + d.bytes - d.bytes / d.images
  end
end
local leftovers, left = {}, 0
for _, c in ipairs(collections) do
  for _, l in ipairs(allowed(client.clean, { collection = c.name })) do
    leftovers[#leftovers + 1], left = l, left + l.size
  end
end
local usage, total = {}, 0
if #asked == 0 then usage = allowed(client.usage) end
for _, c in ipairs(asked) do
  for _, u in ipairs(allowed(client.usage, c:sub(1, -2))) do usage[#usage + 1] = u end
end
for _, c in ipairs(collections) do total = total + c.bytes end

local function plain(list)
  local out = {}
  for i, e in ipairs(list) do out[i] = { name = e.name, images = e.images, bytes = e.bytes } end
  return out
end
local by_size = function(list) return sort.by(plain(list), "bytes", { reverse = true }) end
local r = {
  at = time.utc(), images = #all, bytes = total, collections = by_size(collections), names = by_size(names),
  duplicates = sort.by(duplicates, "wasted", { reverse = true }), oldest = sort.by(all, function(i) return i.modified or "" end),
  leftovers = sort.by(leftovers, "size", { reverse = true }), usage = usage, months = sort.by(plain(months), "name"),
}

for i = #r.oldest, top + 1, -1 do table.remove(r.oldest, i) end

-- The lists as a person reads them: title, then rows of label, number, text.
local sections = {}
local function section(title, list, row, limit)
  local s = { title = title }
  for i, e in ipairs(list) do
    if i > (limit or top) then break end
    s[i] = row(e)
  end
  if #list > #s then s.title = ("%s (%d of %d)"):format(title, #s, #list) end
  if #s > 0 then sections[#sections + 1] = s end
  return s
end
local function sized(unit)
  return function(e) return { e.name, e.bytes, ("%s in %d %s%s"):format(human.bytes(e.bytes), e.images, unit, e.images ~= 1 and "s" or "") } end
end
section("Collections", r.collections, sized("image"), 1000)
section("Largest images", r.names, sized("tag"))
section("Duplicates, and what they cost", r.duplicates, function(d) return { table.concat(d.images, " = "), d.wasted, human.bytes(d.wasted) } end)
section("Oldest", r.oldest, function(i) return { i.uri, time.now() - time.parse(i.modified or time.utc()), (i.modified or "?"):sub(1, 10) } end)
section("Leftovers of pushes", r.leftovers, function(l) return { l.collection .. "/" .. (l.object ~= "" and l.object or l.folder), l.size, human.bytes(l.size) } end)
section("Used of the quota", r.usage, function(u)
  local text = human.bytes(u.bytes) .. (u.quota >= 0 and " of " .. human.bytes(u.quota) or u.untold and ", no quota told" or ", no quota")
  return { u.collection ~= "" and u.collection or "the account", u.quota > 0 and u.bytes / u.quota or 0, text }
end)
section("Pushed by month", r.months, sized("image"), 1000)

-- page is the report as HTML, with a bar a row as wide as its number.
local function page()
  local function esc(s) return (tostring(s):gsub('[&<>"]', { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" })) end
  local function short(s) return #s > 44 and "..." .. s:sub(-41):gsub("^[\128-\191]+", "") or s end
  local out = { [[<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Images in storage</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:15px/1.4 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color-scheme:light dark}
h2{font-size:1.1em;margin:1.6em 0 .4em}svg{width:100%;height:auto}svg text{font-size:13px;fill:currentColor}rect{fill:#4a86c8}</style>]] }
  local function line(...) out[#out + 1] = string.format(...) end
  line("<h1>Images in storage</h1><p>%d images, %s, in %d collections; %s in duplicates, %s in leftovers. %s</p>",
    r.images, human.bytes(total), #collections, human.bytes(wasted), human.bytes(left), r.at)
  for _, s in ipairs(sections) do
    local most = s.title:find("quota") and 1 or 0
    for _, row in ipairs(s) do most = math.max(most, row[2]) end
    line('<h2>%s</h2><svg viewBox="0 0 900 %d" role="img" aria-label="%s">', esc(s.title), 24 * #s, esc(s.title))
    for i, row in ipairs(s) do
      local y, width = 24 * (i - 1), most > 0 and row[2] / most * 380 or 0
      line('<text x="330" y="%d" text-anchor="end">%s<title>%s</title></text>', y + 15, esc(short(row[1])), esc(row[1]))
      line('<rect x="340" y="%d" width="%.1f" height="18"/><text x="%.1f" y="%d">%s</text>', y + 2, math.min(width, 380), 346 + math.min(width, 380), y + 15, esc(row[3]))
    end
    line("</svg>")
  end
  return table.concat(out, "\n") .. "\n"
end

if o.html and o.dry_run then
  log.info("would write " .. o.html)
elseif o.html then
  fs.write(o.html, page())
end
local text = { ("%d images, %s, in %d collections; %s in duplicates, %s in leftovers"):format(r.images, human.bytes(total), #collections, human.bytes(wasted), human.bytes(left)) }
for _, s in ipairs(sections) do
  text[#text + 1] = "\n" .. s.title
  for _, row in ipairs(s) do text[#text + 1] = ("  %-22s %s"):format(row[3], row[1]) end
end
if o.json or not o.html then script.result(r, table.concat(text, "\n")) end
