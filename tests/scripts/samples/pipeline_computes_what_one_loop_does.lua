-- Whatever the size and the number of workers; and it says where the time went.
local check = require "_helper"

local binary = arg[-1]
local function run(words)
  local pipe <close> = assert(io.popen(binary .. " scripts/pipeline.lua " .. words .. " 2>&1; echo exit $?"))
  return pipe:read("a")
end

for _, words in ipairs { "1", "1 3", ("%d 4"):format(check.times(1500, 200)), ("%d 1"):format(check.times(300, 50)) } do
  local output = run(words)
  check.truthy(output:find 'pipeline "records": [%d,]+ items', output)
  check.truthy(output:find "\n  score +%d +[%d,]+ ", output)
  check.truthy(output:find "\nbottleneck: " and output:find "\nchecksum %d+, as in one loop: yes\n", output)
  check.truthy(output:find "exit 0\n$", output)
end
for _, words in ipairs { "many", "0", "1.5", "9 0", "9 9 9", "9 65", "--no-such-option" } do
  check.truthy(run(words):find "^pipeline: [^\n]+\nusage: pipeline.lua [^\n]+\nexit 2\n$", words)
end
