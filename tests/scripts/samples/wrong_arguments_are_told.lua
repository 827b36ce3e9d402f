-- Each of these prints what is wrong and how it is used, and exits with 2.
local check = require "_helper"

local binary = arg[-1]
local function outcome(words)
  local pipe <close> = assert(io.popen(binary .. " scripts/" .. words .. " 2>&1; echo $?"))
  return pipe:read("a")
end

for _, name in ipairs {
  "bounded_buffer", "counter", "dining_philosophers", "matrix", "priority_jobs", "rate_limit",
  "readers_writers",
} do
  for _, words in ipairs { "many", "0", "1.5", "-1", "9 9 9 9", "--no-such-option" } do
    local output = outcome(name .. ".lua " .. words)
    local pattern = "^%s: [^\n]+\nusage: %s.lua [^\n]+\n2\n$"
    check.truthy(output:find((pattern:gsub("%%s", name))), output)
  end
end
