-- stdin: first line
-- stdin: second line
-- stdout: first line|second line
print(io.read() .. "|" .. io.read())
