-- Modules travel by name, so the receiver must be able to load them.
local tm, check = require "tidemill", require "_helper"

package.preload["only.here"] = function() return { greet = function() return "hello" end } end
local here = require "only.here"
local greet = here.greet
local pool <close> = tm.pool { workers = 1 }
for _, value in ipairs { here, greet } do
  local ok, err = pool:submit(function() return value end):join()
  check.equal({ ok, err.kind }, { false, "transfer" })
  check.truthy(err.message:find "cannot receive a value of module 'only.here', which does not load here: "
    and err.message:find "module 'only.here' not found", err.message)
end

-- A worker's copy that is another one: the field that is missing is named.
pool:submit(function() package.loaded["only.here"] = { other = true } end):await()
local ok, err = pool:submit(function() return greet() end):join()
check.truthy(not ok and err.message:find "cannot receive 'only.here.greet': the module has no such field here",
  err.message)
check.equal(pool:submit(function() return here.other end):await(), true)
pool:submit(function() package.loaded["only.here"] = true end):await()
ok, err = pool:submit(function() return greet() end):join()
check.truthy(not ok and err.message:find "no such field", err.message)
check.equal(pool:submit(function() return "usable" end):await(), "usable")
