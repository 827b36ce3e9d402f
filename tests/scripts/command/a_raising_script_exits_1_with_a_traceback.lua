-- exit: 1
-- stdout: before
-- stderr~ ^tidemill: %S*exits_1_with_a_traceback.lua:9: boom
-- stderr~ stack traceback:
-- stderr~ exits_1_with_a_traceback.lua:11: in function 'outer'
-- stderr~ exits_1_with_a_traceback.lua:14: in main chunk
print "before"
local function inner()
  error "boom"
end
function outer() inner()
  return 1
end
outer()
