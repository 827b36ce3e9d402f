-- What the workers count together is what one plain loop counts, also for a file of many pieces.
local tm, check = require "tidemill", require "_helper"

local binary = arg[-1]
local function run(words)
  local pipe <close> = assert(io.popen(binary .. " scripts/word_count.lua " .. words .. " 2>&1; echo exit $?"))
  return pipe:read("a")
end

local path = os.tmpname()
local lines, counts, total = {}, {}, 0
math.randomseed(5)
for i = 1, 20000 do
  local words = {}
  for k = 1, 8 do
    local word = ("w"):rep(math.random(3)) .. math.random(40)
    words[k] = math.random(2) == 1 and word or word:upper()
    counts[word], total = (counts[word] or 0) + 1, total + 1
  end
  lines[i] = table.concat(words, i % 2 == 0 and " " or ", ")
end
assert(tm.fs.write(path, table.concat(lines, "\n")))
local list = {}
for word, count in pairs(counts) do list[#list + 1] = { word, count } end
table.sort(list, function(a, b) return a[2] > b[2] or a[2] == b[2] and a[1] < b[1] end)

local output = run("-n 7 " .. path)
local size = #table.concat(lines, "\n")
local expected = { ("words %d, different %d, files 1, bytes %d"):format(total, #list, size) }
for i = 1, 7 do
  expected[i + 1] = ("%8d %5.1f %%  %s"):format(list[i][2], 100 * list[i][2] / total, list[i][1])
end
expected[9] = "exit 0\n"
check.equal(output, table.concat(expected, "\n"))

tm.fs.write(path, "'It's' a test, isn't it? Ça va. ''\n\n")
output = run("-m 2 " .. path)
check.truthy(output:find "^words 6, different 6, files 1" and output:find "1  16.7 %%  isn't\n"
  and output:find "%%  it's\n" and output:find "%%  Ça\n", output)
tm.fs.write(path, "")
check.equal(run(path), "words 0, different 0, files 1, bytes 0\nexit 0\n")
check.equal(run("-n 1 -- " .. path), run(path))
check.truthy(run("-- -n"):find "^word_count: %-n: no such file")
os.remove(path)

output = run(path)
check.truthy(output:find "^word_count: .*no such file" and output:find "exit 1\n$", output)
output = run ""
check.truthy(output:find "^words %d+, different %d+, files %d+, bytes %d+\n" and output:find "exit 0\n$", output)
for _, words in ipairs { "-n", "-n many", "-n 0", "-n 1.5", "-m -1", "-x", "--no-such-option" } do
  output = run(words)
  check.truthy(output:find "^word_count: [^\n]+\nusage: word_count.lua [^\n]+\nexit 2\n$", output)
end
