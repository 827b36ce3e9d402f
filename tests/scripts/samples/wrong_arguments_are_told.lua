-- Each of these prints what is wrong and how it is used, and exits with 2.
local check = require "_helper"

local binary = arg[-1]
local function check_outcome(name, words)
  local command = ("%s scripts/%s.lua %s 2>&1; echo $?"):format(binary, name, words)
  local pipe <close> = assert(io.popen(command))
  local output = pipe:read("a")
  local pattern = "^%s: [^\n]+\nusage: %s.lua [^\n]+\n2\n$"
  check.truthy(output:find((pattern:gsub("%%s", name))), output)
end

for _, name in ipairs {
  "bounded_buffer", "counter", "dining_philosophers", "matrix", "priority_jobs", "rate_limit",
  "readers_writers", "thread_pool", "monte_carlo",
} do
  for _, words in ipairs { "many", "0", "1.5", "-1", "9 9 9 9", "--no-such-option" } do
    check_outcome(name, words)
  end
end
for _, words in ipairs { "docs many", "docs 0", "docs 1.5", "docs 1 1", "--no-such-option",
  "docs 1000001", "docs 9223372036854775807" } do
  check_outcome("histogram", words)
end
check_outcome("priority_jobs", "1 4097 1")
check_outcome("matrix", "8 4097")
for _, words in ipairs { "f 0", "f many", "f 1 1 1 1 1", "f 30.5", "f 30 1", "f 30 1 1 nan", "-x" } do
  check_outcome("mandelbrot", words)
end
for _, words in ipairs { "f 0", "f many", "f 1 1 1", "f 1 1.5", "f 1 0", "-x" } do
  check_outcome("image_of_load", words)
end
