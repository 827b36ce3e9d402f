local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
for _, count in ipairs { 254, 255, 256, 5000, 66000, 150000 } do
  local list = {}
  for i = 1, count do list[i] = i end
  local function echo(...)
    return select("#", ...), (select(-1, ...)), ...
  end
  for name, task in pairs {
    spawn = tm.spawn(echo, table.unpack(list)), submit = pool:submit(echo, table.unpack(list)),
  } do
    local results = table.pack(task:await())
    check.equal({ results.n, results[1], results[2], results[results.n] },
      { count + 2, count, count, count }, name .. " " .. count)
  end
end
