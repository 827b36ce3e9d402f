local tm, check = require "tidemill", require "_helper"

local binary = arg[-1]
local function run(words)
  local pipe <close> = assert(io.popen(binary .. " scripts/log_report.lua " .. words .. " 2>&1; echo exit $?"))
  return pipe:read("a")
end

local function line(i, status, path)
  return ('192.0.2.%d - - [17/May/2015:%02d:00:00 +0000] "GET %s HTTP/1.1" %d %s "-" "test"')
    :format(i % 7, i % 24, path, status, status == 200 and "100" or "-")
end
local lines = {}
for i = 1, 2000 do
  lines[i] = i % 100 == 0 and "what is this" or line(i, i % 10 == 1 and 404 or 200, i % 10 == 1 and "/no" or "/yes?x=" .. i)
end
local first, second = os.tmpname(), os.tmpname()
tm.fs.write(first, table.concat(lines, "\n", 1, 900))
tm.fs.write(second, table.concat(lines, "\n", 901) .. "\n\n")

local output = run(first .. " " .. second)
check.truthy(output:find(": 1,980 requests from 7 hosts, 173.8 KiB sent, 20 malformed lines", 1, true), output)
check.truthy(output:find "Error rate 10.1 %%, robots 0.0 %%", output)
check.truthy(output:find "1,780  89.9 %%  2xx" and output:find "200  10.1 %%  4xx", output)
check.truthy(output:find "1,780  89.9 %%  /yes\n" and output:find "Not found\n +200  10.1 %%  /no\n", output)
check.truthy(output:find "17/May/2015 +1,980  10.1 %% errors" and output:find "exit 0\n$", output)
check.truthy(run("-v -- " .. first):find 'pipeline "log report": 900 items', "-v")

tm.fs.write(first, "")
check.truthy(run(first):find ": 0 requests from 0 hosts, 0 bytes sent, 0 malformed lines\nexit 0\n$")
os.remove(first)
check.truthy(run(first):find "^log_report: .*[Nn]o such file.*exit 1\n$")
os.remove(second)
check.truthy(run("--no-such-option"):find "^log_report: [^\n]+\nusage: log_report.lua [^\n]+\nexit 2\n$")
output = run ""
check.equal(output, run "")
check.truthy(output:find "^generated log: 2,997 requests from 50 hosts" and output:find "exit 0\n$", output)
