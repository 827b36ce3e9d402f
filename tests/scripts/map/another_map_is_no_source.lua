-- It gives index and results, so the items would be the indices.
local tm, check = require "tidemill", require "_helper"

local function double(x) return x * 2 end
local text = "%(a map gives index and results, so the items would be the indices: give its :collect%(%), .*pipeline"
check.raises(function() tm.map(double, tm.map(double, { 10, 20 })) end,
  "no_source.lua:%d+: bad argument #2 to 'map' " .. text)
check.raises(function() tm.pipeline():source(tm.map(double, { 10, 20 })) end,
  "no_source.lua:%d+: bad argument #1 to 'source' " .. text)
-- What the message says, and an iterator that takes the results out of it.
local twice = { 40, 80 }
check.equal(tm.map(double, tm.map(double, { 10, 20 }):collect()):collect(), twice)
check.equal(tm.pipeline():source { 10, 20 }:stage(double):stage(double):collect():run().result, twice)
local inner = tm.map(double, { 10, 20 })
check.equal(tm.map(double, function() return (select(2, inner())) end):collect(), twice)
