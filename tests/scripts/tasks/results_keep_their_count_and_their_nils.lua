local tm, check = require "tidemill", require "_helper"

local function echo(...) return ... end
local pool <close> = tm.pool { workers = 1 }
local cases = { table.pack(), table.pack(nil), table.pack(1), table.pack(nil, nil), table.pack(1, nil, 3, nil),
  table.pack(false), table.pack(table.unpack({}, 1, 250)), table.pack(table.unpack({}, 1, 300)) }
for _, case in ipairs(cases) do
  for _, task in ipairs {
    tm.spawn(echo, table.unpack(case, 1, case.n)), pool:submit(echo, table.unpack(case, 1, case.n)),
  } do
    check.equal(table.pack(task:await()), case)
    check.equal(table.pack(task:join()), table.pack(true, table.unpack(case, 1, case.n)))
  end
end
