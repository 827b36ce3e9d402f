local tm, check = require "tidemill", require "_helper"

local source = { 10, 20, 30, name = "n", [2.5] = "float", [true] = "yes", [-1] = "minus", [5] = "after a hole",
  inner = { list = { "a", "b" }, flag = false }, ["odd key"] = 1 / 3, text = ("long"):rep(100) }
local f = tm.freeze(source)

for key, value in pairs(source) do
  if type(value) ~= "table" then check.equal(f[key], value) end
  if type(value) ~= "table" then check.equal(rawget(f, key), value) end
end
check.equal({ f[1.0], f[3], f[4], f[0], f.nope, f[2.25], f[false], f[io.stdout] }, { 10, 30 })
check.equal(math.type(f[1]), "integer")
check.equal(#f, #source)
check.equal(rawlen(f), #source)
check.equal(f.inner.list[2], "b")
check.equal(f.inner.flag, false)
check.equal(type(f), "table")

-- pairs, next and ipairs give everything once, the list first and in order.
local function collect(iterator, state, first)
  local seen, order = {}, {}
  for key, value in iterator, state, first do
    check.equal(seen[key], nil)
    seen[key] = value
    order[#order + 1] = key
  end
  return seen, order
end
local expected = {}
for key in pairs(source) do expected[key] = f[key] end
local by_pairs, order = collect(pairs(f))
check.equal({ order[1], order[2], order[3] }, { 1, 2, 3 })
check.equal(by_pairs, expected)
check.equal(collect(next, f), expected)
local items = {}
for i, item in ipairs(f) do items[i] = item end
check.equal(items, { 10, 20, 30 })
check.equal(next(tm.freeze {}), nil)
check.raises(function() next(f, "nope") end, "invalid key to 'next'")
check.raises(function() next(5) end, "table expected")

-- The table library.
check.equal(table.concat(f, ","), "10,20,30")
check.equal({ table.unpack(f) }, { 10, 20, 30 })
check.equal(table.move(f, 1, 3, 1, {}), { 10, 20, 30 })
check.equal(select("#", table.unpack(tm.freeze { 1, 2, 3, 4 })), 4)

-- Holes at the edge of the list part.
local holes = tm.freeze { nil, 2, nil, 4 }
check.equal({ holes[1], holes[2], holes[3], holes[4], holes[5] }, { nil, 2, nil, 4 })
check.equal(collect(pairs(holes)), { [2] = 2, [4] = 4 })

-- One view per table and state, so == and keys work.
check.equal(f.inner == f.inner, true)
check.equal(({ [f.inner] = 5 })[f.inner], 5)
check.equal(tm.freeze(f), f)
check.equal(tostring(f), ("frozen table (3 items, %d fields)"):format(8))
check.equal(tostring(tm.freeze { 1 }), "frozen table (1 item, 0 fields)")
check.equal(getmetatable(f), false)

-- It is a copy: what is done to the source afterwards is not seen.
source.name, source[1] = "changed", 11
source.inner.flag = true
check.equal({ f.name, f[1], f.inner.flag }, { "n", 10, false })
-- Plain tables go on as ever.
check.equal({ (next({})), (next { 7 }), rawlen { 1, 2 }, rawlen "abc", rawget({ 4 }, 1) }, { nil, 1, 2, 3, 4 })
check.equal(rawset({}, 1, 2), { 2 })
