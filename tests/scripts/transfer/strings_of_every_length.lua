local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function measure(text) return #text, text end
local every_byte = {}
for i = 0, 255 do every_byte[i + 1] = string.char(i) end
for _, text in ipairs { "", "\0", "a\0b\0", table.concat(every_byte), ("x"):rep(254), ("x"):rep(255),
  ("x"):rep(256), ("\0\1"):rep(40000) } do
  local length, copy = pool:submit(measure, text):await()
  check.equal(length, #text)
  check.truthy(copy == text)
  local named = pool:submit(function() return { [text] = text } end):await()
  check.truthy(named[text] == text)
end
