local tm, check = require "tidemill", require "_helper"

local path = os.tmpname()
local function lines(text)
  tm.fs.write(path, text)
  local list = {}
  for line in tm.fs.lines(path) do list[#list + 1] = line end
  return list
end
check.equal(lines "", {})
check.equal(lines "\n", { "" })
check.equal(lines "one", { "one" })
check.equal(lines "one\ntwo\n", { "one", "two" })
check.equal(lines "one\ntwo", { "one", "two" })
check.equal(lines "\n\nx\n\n", { "", "", "x", "" })
check.equal(lines "crlf\r\n", { "crlf\r" })
check.equal(lines "zero\0byte\nb", { "zero\0byte", "b" })
local long = ("long "):rep(1000000)
local list = lines(long .. "\nshort\n" .. long)
check.truthy(#list == 3 and list[1] == long and list[2] == "short" and list[3] == long)
local many = {}
for i = 1, 50000 do many[i] = "line " .. i end
check.equal(lines(table.concat(many, "\n") .. "\n"), many)
os.remove(path)
