-- Random values for round trips: graph.random makes the recipe of one, graph.build the value,
-- graph.differs compares it with its copy, graph.shrink finds a smaller recipe that fails too,
-- graph.text writes the recipe as Lua.
--
-- A recipe is a list of nodes; the value is the first. A node is a table {kind = "table", array,
-- pairs, metatable} or two closures over one variable, {kind = "closures", value}. What they hold
-- are slots: {scalar = v}, {node = i}, {node = i, setter = true} or {handle = i}.
local tm = require "tidemill"

local graph = {}
local random = math.random

local handles = { tm.channel(1), tm.mutex(), tm.event(), tm.semaphore(2) }

-- Scalars ----------------------------------------------------------------------------------------

local lengths = { 0, 1, 2, 39, 40, 41, 254, 255, 256, 257, 4095, 4096, 4097 }
local floats = { 0.0, -0.0, 1.0, -1.5, math.pi, 1 / 0, -1 / 0, 0 / 0, -(0 / 0), 5e-324, 2 ^ -1022,
  1.7976931348623157e308, 2.0 ^ 53, 2.0 ^ 63, -2.0 ^ 63 }

local function random_string()
  local length = random(4) > 1 and random(0, 12) or lengths[random(#lengths)]
  if length > 300 then
    local piece = string.pack("j", random(0))
    return piece:rep(length // 8 + 1):sub(1, length)
  end
  local bytes = {}
  for i = 1, length do bytes[i] = random(3) == 1 and 0 or random(0, 255) end
  return string.char(table.unpack(bytes))
end

local function random_scalar()
  local kind = random(7)
  if kind == 1 then return random(2) == 1 end
  if kind == 2 then return (1 << random(0, 63)) + random(-1, 1) end
  if kind == 3 then return -(1 << random(0, 63)) + random(-1, 1) end
  if kind == 4 then return floats[random(#floats)] end
  if kind == 5 then return (string.unpack("n", string.pack("j", random(0)))) end
  if kind == 6 then return random(-300, 300) end
  return random_string()
end

-- Recipes ----------------------------------------------------------------------------------------

local meta_names = { "__index", "__newindex", "__len", "__eq", "__pairs", "__name", "__metatable" }

local function slot(nodes)
  local kind = random(10)
  if kind <= 5 then return { scalar = random_scalar() } end
  if kind == 6 then return { handle = random(#handles) } end
  return { node = random(nodes), setter = random(2) == 1 }
end

function graph.random()
  local count = random(1, 6)
  local recipe = {}
  for i = 1, count do
    if i > 1 and random(4) == 1 then
      recipe[i] = { kind = "closures", value = slot(count) }
    else
      local node = { kind = "table", array = {}, pairs = {} }
      for k = 1, random(0, 4) do
        node.array[k] = random(6) == 1 and { scalar = nil } or slot(count)  -- a hole
      end
      for k = 1, random(0, 4) do
        local key = slot(count)
        if key.scalar ~= key.scalar then key.scalar = 0.5 end
        if random(5) == 1 then key = { scalar = meta_names[random(#meta_names)] } end
        node.pairs[k] = { key, slot(count) }
      end
      if random(4) == 1 then node.metatable = random(count) end
      recipe[i] = node
    end
  end
  return recipe
end

-- The parts of a closures node. Both name their node, so that they can be told apart as keys.
local function closures(id)
  local value
  return function() return value, id end, function(new) value = new return id end
end

function graph.build(recipe)
  local values, setters = {}, {}
  for i, node in ipairs(recipe) do
    if node.kind == "table" then
      values[i] = { id = i }
    else
      values[i], setters[i] = closures(i)
    end
  end
  local function at(slot)
    if slot.handle then return handles[slot.handle] end
    if not slot.node then return slot.scalar end
    return slot.setter and setters[slot.node] or values[slot.node]
  end
  for i, node in ipairs(recipe) do
    if node.kind == "closures" then
      setters[i](at(node.value))
    else
      for k, item in ipairs(node.array) do values[i][k] = at(item) end
      for _, pair in ipairs(node.pairs) do
        local key = at(pair[1])
        if key ~= nil and key ~= "id" then rawset(values[i], key, at(pair[2])) end
      end
    end
  end
  for i, node in ipairs(recipe) do
    local metatable = node.metatable and values[node.metatable]
    if type(metatable) == "table" then debug.setmetatable(values[i], metatable) end
  end
  return values[1]
end

-- Comparison -------------------------------------------------------------------------------------

local function same_scalar(a, b)
  if math.type(a) == "float" then
    return math.type(b) == "float" and string.pack("n", a) == string.pack("n", b)
  end
  return math.type(a) == math.type(b) and a == b
end

local function is_object(value)
  return type(value) == "table" or type(value) == "function"
end

-- What tells an object key from the others of its table: its number, and which closure it is.
local function name_of(key)
  if type(key) == "table" then return "table " .. tostring(rawget(key, "id")) end
  local number
  for i = 1, 3 do
    local name, value = debug.getupvalue(key, i)
    if name == "id" then number = value end
  end
  return ("%s %s"):format(debug.getinfo(key, "u").nparams == 0 and "getter" or "setter", number)
end

-- nil if `copy` is one of `original`: equal in everything, no object shared with it, and one to one.
-- Otherwise what differs first.
function graph.differs(original, copy)
  local forth, back, cells = {}, {}, {}
  local compare

  local function compare_tables(a, b, path)
    local object_keys, count = {}, 0
    for key in next, b do
      count = count + 1
      if is_object(key) then object_keys[name_of(key)] = key end
    end
    for key, value in next, a do
      count = count - 1
      local other = key
      if is_object(key) then
        other = object_keys[name_of(key)]
        if other == nil then return path .. ": no key " .. name_of(key) end
        local problem = compare(key, other, path .. " key " .. name_of(key))
        if problem then return problem end
      end
      local problem = compare(value, rawget(b, other), path .. "[" .. tostring(key):sub(1, 30) .. "]")
      if problem then return problem end
    end
    if count ~= 0 then return path .. ": other keys" end
    return compare(debug.getmetatable(a), debug.getmetatable(b), path .. " metatable")
  end

  local function compare_functions(a, b, path)
    if string.dump(a) ~= string.dump(b) then return path .. ": other code" end
    for i = 1, 255 do
      local name, value = debug.getupvalue(a, i)
      local other_name, other = debug.getupvalue(b, i)
      if name ~= other_name then return path .. ": other upvalues" end
      if not name then return nil end
      local cell, other_cell = debug.upvalueid(a, i), debug.upvalueid(b, i)
      if (cells[cell] or other_cell) ~= other_cell then return path .. ": not one variable" end
      cells[cell] = other_cell
      local problem = compare(value, other, path .. " upvalue " .. name)
      if problem then return problem end
    end
  end

  function compare(a, b, path)
    if type(a) ~= type(b) then return ("%s: %s became %s"):format(path, type(a), type(b)) end
    if not is_object(a) then
      if same_scalar(a, b) then return nil end
      return ("%s: %q became %q"):format(path, tostring(a), tostring(b))
    end
    if forth[a] or back[b] then
      if forth[a] == b and back[b] == a then return nil end
      return path .. ": shared in one and not in the other"
    end
    if rawequal(a, b) then return path .. ": not a copy" end
    forth[a], back[b] = b, a
    if type(a) == "table" then return compare_tables(a, b, path) end
    return compare_functions(a, b, path)
  end

  return compare(original, copy, "value")
end

-- Shrinking --------------------------------------------------------------------------------------

local function copy_recipe(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = copy_recipe(item) end
  return copy
end

-- The slots of a recipe, in a fixed order.
local function each_slot(recipe, visit)
  for _, node in ipairs(recipe) do
    if node.value then visit(node.value) end
    for _, item in ipairs(node.array or {}) do visit(item) end
    for _, pair in ipairs(node.pairs or {}) do visit(pair[1]) visit(pair[2]) end
  end
end

-- Without the nodes that nothing leads to; the others get new numbers.
local function tidy(recipe)
  local numbers, order, at = { 1 }, { recipe[1] }, 1
  local function reach(number)
    if not number or numbers[number] then return end
    order[#order + 1] = recipe[number]
    numbers[number] = #order
  end
  while order[at] do
    each_slot({ order[at] }, function(slot) reach(slot.node) end)
    reach(order[at].metatable)
    at = at + 1
  end
  each_slot(order, function(slot) slot.node = slot.node and numbers[slot.node] end)
  for _, node in ipairs(order) do node.metatable = node.metatable and numbers[node.metatable] end
  return order
end

-- Every recipe that is one step smaller, as functions that take the step on a copy.
local function steps(recipe)
  local list = {}
  local function step(fn) list[#list + 1] = fn end
  for i = 2, #recipe do
    step(function(r) if r[i].kind == "table" then r[1], r[i] = r[i], r[1] end end)
  end
  for i, node in ipairs(recipe) do
    if node.metatable then step(function(r) r[i].metatable = nil end) end
    for k = #(node.pairs or {}), 1, -1 do step(function(r) table.remove(r[i].pairs, k) end) end
    for k = #(node.array or {}), 1, -1 do step(function(r) table.remove(r[i].array, k) end) end
  end
  local index = 0
  each_slot(recipe, function(slot)
    index = index + 1
    local mine = index
    local function replace(with)
      step(function(r)
        local at = 0
        each_slot(r, function(other)
          at = at + 1
          if at ~= mine then return end
          for key in pairs(other) do other[key] = nil end
          for key, value in pairs(with) do other[key] = value end
        end)
      end)
    end
    if slot.node or slot.handle then
      replace { scalar = 1 }
    elseif type(slot.scalar) == "string" and #slot.scalar > 0 then
      replace { scalar = slot.scalar:sub(1, #slot.scalar // 2) }
      replace { scalar = slot.scalar:sub(1, -2) }
      replace { scalar = ("a"):rep(#slot.scalar) }
    end
  end)
  return list
end

local function size(recipe)
  local total = #recipe * 4
  for _, node in ipairs(recipe) do if node.metatable then total = total + 2 end end
  each_slot(recipe, function(slot)
    local text = type(slot.scalar) == "string" and slot.scalar
    total = total + ((slot.node or slot.handle) and 3 or 1) + (text and #text or 0)
      + (text and text:find "[^a]" and 1 or 0)
  end)
  return total
end

-- The smallest recipe reached from `recipe` by steps to ones for which fails(recipe) is true too.
function graph.shrink(recipe, fails)
  repeat
    local smaller
    for _, step in ipairs(steps(recipe)) do
      local candidate = copy_recipe(recipe)
      step(candidate)
      candidate = tidy(candidate)
      if size(candidate) < size(recipe) and fails(candidate) then
        smaller = candidate
        break
      end
    end
    recipe = smaller or recipe
  until not smaller
  return recipe
end

-- As Lua -----------------------------------------------------------------------------------------

local function literal(value)
  if type(value) ~= "string" then
    return math.type(value) == "float" and ("%q"):format(value) or tostring(value)
  end
  if #value > 60 and value == value:sub(1, 1):rep(#value) then
    return ("(%q):rep(%d)"):format(value:sub(1, 1), #value)
  end
  return (("%q"):format(value):gsub("[\x7f-\xff]", function(c) return ("\\%03d"):format(c:byte()) end))
end

-- The recipe as a chunk that returns the value; closures stand there as get and set of a variable.
function graph.text(recipe)
  local lines = {}
  local function add(...) lines[#lines + 1] = (...):format(select(2, ...)) end
  for i, node in ipairs(recipe) do
    if node.kind == "table" then
      add("local v%d = {id = %d}", i, i)
    else
      add("local c%d; local function v%d() return c%d end local function s%d(x) c%d = x end", i, i, i, i, i)
    end
  end
  local function name(slot)
    if slot.handle then return ("handle%d"):format(slot.handle) end
    if not slot.node then return literal(slot.scalar) end
    return (slot.setter and recipe[slot.node].kind == "closures" and "s" or "v") .. slot.node
  end
  for i, node in ipairs(recipe) do
    if node.kind == "closures" then
      add("c%d = %s", i, name(node.value))
    else
      for k, item in ipairs(node.array) do add("v%d[%d] = %s", i, k, name(item)) end
      for _, pair in ipairs(node.pairs) do add("v%d[%s] = %s", i, name(pair[1]), name(pair[2])) end
    end
  end
  for i, node in ipairs(recipe) do
    if node.metatable and recipe[node.metatable].kind == "table" then
      add("debug.setmetatable(v%d, v%d)", i, node.metatable)
    end
  end
  add "return v1"
  return table.concat(lines, "\n")
end

return graph
