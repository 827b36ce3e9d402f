local tm, check = require "tidemill", require "_helper"

check.raises(function() tm.spawn() end, "spawn_checks_its_argument.lua:%d+:.*function expected")
check.raises(function() tm.spawn "print" end, "function expected")
check.raises(function() tm.spawn {} end, "function expected")
check.equal(tm.spawn(select, "#", nil, nil):await(), 2)
check.equal(tm.spawn(coroutine.isyieldable):await(), false)
