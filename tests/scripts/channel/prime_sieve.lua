local tm, check = require "tidemill", require "_helper"

local function filter(source, prime)
  local sink = tm.channel()
  tm.spawn(function()
    for n in source do
      if n % prime ~= 0 then sink:send(n) end
    end
    sink:close()
  end)
  return sink
end

local numbers = tm.channel()
tm.spawn(function()
  for n = 2, 100 do numbers:send(n) end
  numbers:close()
end)

local primes, source = {}, numbers
while true do
  local prime = source:recv()
  if not prime then break end
  primes[#primes + 1] = prime
  source = filter(source, prime)
end
check.equal(table.concat(primes, " "),
  "2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97")
