local tm, check = require "tidemill", require "_helper"

for _, how in ipairs { "timeout", "cancelled" } do
  local rw = tm.rwlock()
  rw:read()
  local writer = tm.spawn(function() rw:write(how == "timeout" and 0.01 or nil) end)
  tm.yield()
  local reader = tm.spawn(function()
    local _ <close> = rw:read(1000)
    return "in"
  end)
  tm.yield()
  if how == "cancelled" then
    check.truthy(tostring(rw):find "2 waiting")
    writer:cancel()
  end
  local ok, err = writer:join()
  check.equal({ ok, err.kind }, { false, how })
  check.equal(reader:await(1000), "in")
  rw:unlock()
  check.equal(tostring(rw), "rwlock free")
end
