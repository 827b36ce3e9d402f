local tm, check = require "tidemill", require "_helper"

for _, how in ipairs { "timeout", "cancelled" } do
  local rw = tm.rwlock()
  rw:read()
  local writer = tm.spawn(function() rw:write(how == "timeout" and 0.01 or nil) end)
  tm.yield()
  local reader = tm.spawn(function()
    local _ <close> = rw:read(5)
    return "in"
  end)
  tm.yield()
  check.truthy(tostring(rw):find "2 waiting")
  if how == "cancelled" then writer:cancel() end
  local ok, err = writer:join()
  check.equal({ ok, err.kind }, { false, how })
  check.equal(reader:await(1), "in")
  rw:unlock()
  check.equal(tostring(rw), "rwlock free")
end
