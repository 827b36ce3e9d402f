local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

local file <close> = io.tmpfile()

-- Refused at the call, by all but map in the same words.
local deep = { list = { 1, { handlers = { [3] = file } } } }
ways.each(function(pool, call, what)
  local function use() return file end
  local err = check.raises(function() assert(call(pool, use)) end, "captures 'file'", what)
  check.equal(err.kind, "transfer", what)
  local err = check.raises(function() assert(call(pool, print, 1, deep)) end, "list%[2%]%.handlers%[3%].*file", what)
  check.equal(err.kind, "transfer", what)
end)

-- Results, at the end.
ways.each(function(pool, call, what)
  local ok, err = call(pool, function() return { { io.tmpfile() } } end)
  check.equal(ok, false, what)
  check.equal(err.kind, "transfer", what)
  check.truthy(tostring(err):find "result", tostring(err))
  local ok, err = call(pool, function()
    return setmetatable({}, { __transfer = function() error "no way to pack it" end })
  end)
  check.equal(ok, false, what)
  check.truthy(tostring(err):find "no way to pack it", tostring(err))
end)

-- Where it is rebuilt: an argument in the worker, a result here.
local function unwilling(text)
  return setmetatable({}, { __transfer = function() return error, text, 0 end })
end
ways.each(function(pool, call, what)
  local ok, err = call(pool, type, unwilling "not here")
  check.equal(ok, false, what)
  check.equal(err, "not here", what)
  local ok, err = call(pool, function()
    return setmetatable({}, { __transfer = function() return error, "not there", 0 end })
  end)
  check.equal(ok, false, what)
  check.equal(err, "not there", what)
end, nil, { "submit", "job", "guarded" })

-- A module that the worker does not find.
package.preload.only_here = function() return { f = function() return 1 end } end
local only_here = require "only_here"
ways.each(function(pool, call, what)
  local ok, err = call(pool, only_here.f)
  check.equal(ok, false, what)
  check.truthy(tostring(err):find "only_here", tostring(err))
end, { kind = "thread" })
