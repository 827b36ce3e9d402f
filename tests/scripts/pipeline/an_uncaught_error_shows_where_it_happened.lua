-- exit: 1
-- stderr~ stage "parse", item 3 %(3%): .*an_uncaught_error_shows_where_it_happened.lua:9: no luck
-- stderr~ in global 'deep'
-- stderr~ in stage "parse"
local tm = require "tidemill"

function deep(x)
  if x == 3 then
    error("no luck")
  end
  return x
end

tm.pipeline():source(5):stage("parse", function(x) return (deep(x)) end):collect():run()
