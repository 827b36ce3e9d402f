-- Multiplies two matrices that lie in shared buffers, blocks of rows in parallel, and checks the product.
--
-- usage: matrix.lua [N [WORKERS]]     (default 240 rows and columns, and a worker for each CPU)
--
-- Each job gets the buffers themselves, not copies: all read the factors, and each writes its own rows
-- of the product, so there is nothing to send back and nothing to lock. What a job works on, it takes
-- out row by row: an element of a table is at hand several times as fast as one of a buffer.

local tm = require "tidemill"

local blocks_per_worker = 4  -- so that a worker that is held up does not keep the others waiting long

-- Row `i` of an n x n matrix, as a table.
local function row_of(matrix, n, i)
  return matrix:totable((i - 1) * n + 1, i * n)
end

-- Rows `first` to `last` of a * b go to c.
local function multiply_rows(a, b, c, n, first, last)
  local rows_of_b = {}
  for k = 1, n do rows_of_b[k] = row_of(b, n, k) end
  for i = first, last do
    local row, product = row_of(a, n, i), {}
    for j = 1, n do product[j] = 0.0 end
    for k = 1, n do
      local factor, row_of_b = row[k], rows_of_b[k]
      for j = 1, n do product[j] = product[j] + factor * row_of_b[j] end
    end
    c:copy(product, (i - 1) * n + 1)
  end
end

local function multiply_in_parallel(pool, workers, a, b, c, n)
  local blocks = math.min(n, workers * blocks_per_worker)
  pool:map(function(block)
    multiply_rows(a, b, c, n, (block - 1) * n // blocks + 1, block * n // blocks)
  end, blocks, { chunk = 1 }):each(function() end)
end

local function random_matrix(n)
  local matrix = tm.buffer(n * n, "f64")
  for i = 1, #matrix do matrix[i] = math.random() - 0.5 end
  return matrix
end

local function seconds_of(fn, ...)
  local started = tm.now()
  fn(...)
  return tm.now() - started
end

local function main(n, wanted)
  local pool <close> = tm.pool { workers = wanted, name = "rows" }
  local workers = pool:stats().workers
  local a, b = random_matrix(n), random_matrix(n)
  local alone, together = tm.buffer(n * n, "f64"), tm.buffer(n * n, "f64")
  local serial = seconds_of(multiply_rows, a, b, alone, n, 1, n)
  local parallel = seconds_of(multiply_in_parallel, pool, workers, a, b, together, n)
  -- To the last bit, since both add the same products in the same order.
  local same = alone:tostring() == together:tostring()
  print(("%d x %d, %.1f million multiplications"):format(n, n, n ^ 3 / 1e6))
  print(("one task     %9.1f ms"):format(serial * 1e3))
  print(("%-2d worker%s %9.1f ms, %.2f times as fast"):format(
    workers, workers == 1 and "   " or "s  ", parallel * 1e3, serial / parallel))
  print("same product: " .. (same and "yes" or "no"))
  if not same then error("the products differ", 0) end
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("matrix: ", message, "\nusage: matrix.lua [N [WORKERS]]\n")
  os.exit(2)
end

local function count(word, what, most)
  local n = math.tointeger(tonumber(word))
  if not n or n < 1 or n > most then
    misuse(("%s must be a whole number from 1 to %d, not '%s'"):format(what, most, word))
  end
  return n
end

if #arg > 2 then misuse("too many arguments") end
main(count(arg[1] or "240", "N", 10000), arg[2] and count(arg[2], "WORKERS", 4096))
