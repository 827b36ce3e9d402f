local tm, check = require "tidemill", require "_helper"

local path = os.tmpname()
tm.fs.write(path, ("a line of text\n"):rep(200000))
local count = 0
for line in tm.fs.lines(path) do
  count = count + 1
  if count == 1 then os.remove(path) end
  check.equal(line, "a line of text")
end
check.equal(count, 200000)  -- an open file stays readable
local ok, message, code = tm.fs.read(path)
check.equal({ ok, code }, { nil, 2 }, message)

-- Files that go while a tree is walked are left out or reported, never a crash.
local root = os.tmpname()
os.remove(root)
os.execute(("mkdir %s; cd %s; for i in $(seq 300); do mkdir d$i; : >d$i/f; done"):format(root, root))
local errors, seen = 0, 0
for _ in tm.fs.walk(root, { on_error = function() errors = errors + 1 end }) do
  seen = seen + 1
  if seen == 1 then os.execute("rm -rf " .. root) end
end
check.truthy(seen >= 1 and seen + errors <= 602)
