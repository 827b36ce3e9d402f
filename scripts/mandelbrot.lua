-- The Mandelbrot set, row by row on all cores, as a PNG picture.
--
-- usage: mandelbrot.lua [FILE [WIDTH [X Y SPAN]]]
-- default: a file in the temporary folder, 600, and the valley at -0.7453 0.1127 with a span of 0.0065
--
-- The picture is one tm.buffer that all workers see: a job computes a row and puts its pixels where
-- they belong, so rows may end in any order and nothing is copied. Rows differ a lot in how long they
-- take; the map gives the next one to whoever is free.

local tm = require "tidemill"

local function fail(message)
  io.stderr:write("mandelbrot: ", message, "\n")
  os.exit(1)
end

-- One row -------------------------------------------------------------------------------------------

-- How soon a point leaves the circle of radius 16: smooth between the whole numbers of steps, nil if
-- it does not.
local function escape(cx, cy, most)
  local x, y, xx, yy = 0.0, 0.0, 0.0, 0.0
  for i = 1, most do
    y = 2 * x * y + cy
    x = xx - yy + cx
    xx, yy = x * x, y * y
    if xx + yy > 256 then return i + 1 - math.log(math.log(xx + yy, 2) / 2, 2) end
  end
end

-- A colour for each: waves of different lengths for red, green and blue.
local function colour(steps)
  if not steps then return 8, 6, 20 end
  local phase = math.log(steps) * 2.1
  local function wave(offset, low) return low + (1 - low) * (0.5 - 0.5 * math.cos(phase * 2 + offset)) end
  return wave(0.2, 0.05) * 255, wave(0.7, 0.06) * 255, wave(1.5, 0.18) * 255
end

-- The pixels of row `j`, each the mean of four points.
local function row(j, view)
  local list, n = {}, 0
  local step = view.span / view.width
  for i = 1, view.width do
    local r, g, b = 0, 0, 0
    for k = 0, 3 do
      local cx = view.x + (i - 0.75 + k % 2 / 2 - view.width / 2) * step
      local cy = view.y - (j - 0.75 + k // 2 / 2 - view.height / 2) * step
      local dr, dg, db = colour(escape(cx, cy, view.most))
      r, g, b = r + dr, g + dg, b + db
    end
    list[n + 1], list[n + 2], list[n + 3] = r // 4 | 0, g // 4 | 0, b // 4 | 0
    n = n + 3
  end
  return list
end

-- PNG: https://www.w3.org/TR/png/, with the pixels stored, not compressed (RFC 1950 and 1951) ------

local crc_table = {}
for n = 0, 255 do
  local c = n
  for _ = 1, 8 do c = c & 1 == 1 and 0xEDB88320 ~ c >> 1 or c >> 1 end
  crc_table[n] = c
end

local function crc(text)
  local c = 0xFFFFFFFF
  for i = 1, #text do c = crc_table[(c ~ text:byte(i)) & 255] ~ c >> 8 end
  return c ~ 0xFFFFFFFF
end

local function adler(text)
  local a, b = 1, 0
  for i = 1, #text do
    a = a + text:byte(i)
    b = b + a
    if i % 5000 == 0 then a, b = a % 65521, b % 65521 end
  end
  return b % 65521 << 16 | a % 65521
end

local function chunk(kind, data)
  return string.pack(">I4", #data) .. kind .. data .. string.pack(">I4", crc(kind .. data))
end

local function png(width, height, pixels)
  local lines = {}
  for j = 1, height do lines[j] = "\0" .. pixels:sub((j - 1) * 3 * width + 1, j * 3 * width) end
  local raw, blocks = table.concat(lines), { "\x78\x01" }
  for at = 1, #raw, 65535 do
    local block = raw:sub(at, at + 65534)
    blocks[#blocks + 1] = string.pack("<BI2I2", at + 65535 > #raw and 1 or 0, #block, ~#block & 0xFFFF) .. block
  end
  blocks[#blocks + 1] = string.pack(">I4", adler(raw))
  return "\x89PNG\r\n\x1a\n" .. chunk("IHDR", string.pack(">I4I4BBBBB", width, height, 8, 2, 0, 0, 0))
    .. chunk("IDAT", table.concat(blocks)) .. chunk("IEND", "")
end

-- The main task -------------------------------------------------------------------------------------

local function main(path, view)
  local pixels = tm.buffer(view.width * view.height * 3, "u8")
  local pool <close> = tm.pool()
  local started = tm.now()
  local bar = tm.progress(view.height, "rows")
  for _ in bar:wrap(pool:map(function(j)
    pixels:copy(row(j, view), (j - 1) * 3 * view.width + 1)
  end, view.height)) do end
  local seconds = tm.now() - started

  -- Some rows once more, here.
  for j = 1, view.height, math.max(1, view.height // 5) do
    for k, value in ipairs(row(j, view)) do
      if pixels[(j - 1) * 3 * view.width + k] ~= value then fail("row " .. j .. " is not what it should be") end
    end
  end
  if escape(0, 0, 1000) or escape(-1, 0, 1000) or not escape(0.5, 0.5, 1000) then fail("points are on the wrong side") end

  local picture = png(view.width, view.height, pixels:tostring())
  local ok, message = tm.fs.write(path, picture)
  if not ok then fail(message) end
  local stat = tm.fs.stat(path)
  if not stat or stat.size ~= #picture then fail(path .. " is not complete") end
  print(("%d x %d pixels, %d points, in %.2f s on %d workers"):format(view.width, view.height,
    4 * view.width * view.height, seconds, pool:stats().workers))
  print(path)
end

-- Arguments -----------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("mandelbrot: ", message, "\nusage: mandelbrot.lua [FILE [WIDTH [X Y SPAN]]]\n")
  os.exit(2)
end

local function number(word, what, least, most)
  local n = tonumber(word)
  if not n or not (n >= least and n <= most) then
    misuse(("%s must be a number from %g to %g, not '%s'"):format(what, least, most, word))
  end
  return n
end

if #arg > 5 then misuse("too many arguments") end
if arg[1] and arg[1]:find("^%-") then misuse("there is no option " .. arg[1]) end
if #arg == 3 or #arg == 4 then misuse("X, Y and SPAN belong together") end
local width = math.tointeger(number(arg[2] or "600", "WIDTH", 1, 20000))
if not width then misuse("WIDTH must be a whole number") end
local span = number(arg[5] or "0.0065", "SPAN", 1e-12, 10)
local function temporary_file()
  local name = os.tmpname()
  os.remove(name)
  return name .. ".png"
end

main(arg[1] or temporary_file(), {
  width = width, height = math.max(1, width * 2 // 3), x = number(arg[3] or "-0.7453", "X", -10, 10),
  y = number(arg[4] or "0.1127", "Y", -10, 10), span = span,
  -- The smaller the part, the more steps it takes to tell.
  most = math.floor(150 + 120 * math.max(0, math.log(3 / span, 2))),
})
