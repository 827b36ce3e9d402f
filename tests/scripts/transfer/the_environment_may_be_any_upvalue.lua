local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local first, second = "first", "second"
local function late_environment() return first, second, tostring(1), math.floor(2.5) end
check.equal({ pool:submit(late_environment):await() }, { "first", "second", "1", 2 })

local function no_environment() return first end
check.equal(pool:submit(no_environment):await(), "first")
check.equal(pool:submit(function() end):await(), nil)

local own
do
  local _ENV = { word = "sandboxed" }
  function own() return word end
end
check.equal(pool:submit(own):await(), "sandboxed")
check.equal(pool:submit(load "return type(_ENV), type(print), ..."  , 1):await(), "table")
local env_returned = pool:submit(function() return _ENV == _G, rawequal(_ENV, _G) end)
check.equal({ env_returned:await() }, { true, true })
