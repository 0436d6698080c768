-- Shows what the shell does, with a small image of its own
--
-- usage: sregistry-shell run tour.lua [COLLECTION]
--
-- It makes a SIF image, pushes it, finds it, pulls it back, compares the two, and removes both.
-- The collection, by default "tour", stays: it may have been there before.

local collection = script.options().collection or "tour"

-- little writes n as `bytes` bytes, the least significant first, as SIF has its numbers.
local function little(n, bytes)
  local out = {}
  for i = 1, bytes do
    out[i] = string.char(n % 256)
    n = math.floor(n / 256)
  end
  return table.concat(out)
end

local function padded(s, size) return s .. ("\0"):rep(size - #s) end

-- sif is a Singularity image that holds a definition file and nothing to run: a header of 128
-- bytes, room for 48 descriptors of 585 bytes at 4096, and the data at 32768.
local function sif(definition)
  local now, room, data = math.floor(time.now()), 48, 32768
  local header = padded("#!/usr/bin/env run-singularity\n", 32) .. "SIF_MAGIC\0" .. "01\0" .. "02\0"
    .. "tour-of-the-tool" -- an id of 16 bytes
    .. little(now, 8) .. little(now, 8)
    .. little(room - 1, 8) .. little(room, 8) .. little(4096, 8) .. little(room * 585, 8)
    .. little(data, 8) .. little(#definition, 8)
  local descriptor = little(0x4001, 4) .. "\1" .. little(1, 4) .. little(0xf0000001, 4) .. little(0, 4)
    .. little(data, 8) .. little(#definition, 8) .. little(#definition, 8)
    .. little(now, 8) .. little(now, 8) .. little(0, 8) .. little(0, 8)
    .. padded("tour.def", 128) .. padded("", 384)
  return padded(padded(header, 4096) .. descriptor, data) .. definition
end

local function step(text, ...)
  print("\n# " .. text)
  for _, code in ipairs({ ... }) do print("> " .. code) end
end

local folder = fs.tmpdir()
local here, back = path.join(folder, "tour.sif"), path.join(folder, "back.sif")
local name = collection .. "/tour:v1"

step("A small image of our own", ('fs.write("%s", ...)'):format(path.base(here)))
fs.write(here, sif("Bootstrap: docker\nFrom: busybox\n"))
print(path.base(here), human.bytes(fs.size(here)))

step("Put it into storage", ('client.push("tour.sif", "%s")'):format(name))
local pushed = client.push(here, name)
print(pushed)

step("Find it", ('client.search("%s/tour")'):format(collection))
local found = client.search(collection .. "/tour")
print(found)
assert(#found > 0, "the image is not found")

step("Look at it", ('client.stat("%s")'):format(name))
local stat = client.stat(name)
print(human.bytes(stat.size), "sha256 " .. stat.sha256:sub(1, 12) .. "...", stat.modified)

step("Fetch it, checked by its hash", ('client.pull("%s", "back.sif")'):format(name))
client.pull(name, back)
assert(fs.read(back) == fs.read(here), "the image came back with other bytes")
print("the same " .. fs.size(back) .. " bytes came back")

step("What is not there is an error with a code", ('pcall(client.pull, "%s/nothing")'):format(collection))
local ok, err = pcall(client.pull, collection .. "/nothing")
assert(not ok and err.code == "not_found", "a missing image is not an error")
print(err.code, err)

step("Clean up", ('client.delete("%s")'):format(name))
client.delete(name)
assert(not client.exists(name), "the image is still there")
print("gone")
