local tm, check = require "tidemill", require "_helper"

local path = os.tmpname()
for _, text in ipairs { "", "x", "no newline at the end", "a\nb\n", "\0\1\2\255", ("0123456789"):rep(500000) } do
  check.equal(tm.fs.write(path, text), true)
  check.truthy(tm.fs.read(path) == text)
  check.equal(tm.fs.stat(path).size, #text)
end
os.remove(path)
check.truthy(#tm.fs.read "/proc/self/status" > 100, "files without a size are read to the end")
check.equal(tm.fs.read "/dev/null", "")
