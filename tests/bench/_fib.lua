-- The work of cpu_scale. As a program of stock Lua it does the same one after another:
--   lua5.4 _fib.lua N       prints "started", then the sum of N calls

local function fib(k)
  if k < 2 then return k end
  return fib(k - 1) + fib(k - 2)
end

if ... then
  print("started")
  io.stdout:flush()
  local sum = 0
  for _ = 1, tonumber((...)) do sum = sum + fib(27) end
  print(sum)
end

return fib
