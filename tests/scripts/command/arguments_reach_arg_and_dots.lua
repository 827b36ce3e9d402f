-- args: one two --three -e
-- stdout~ ^4	one	two	%-%-three	%-e
print(select("#", ...), ...)
assert(arg[0] == "tests/scripts/command/arguments_reach_arg_and_dots.lua")
assert(arg[1] == "one" and arg[4] == "-e" and arg[5] == nil)
assert(arg[-1]:find "tidemill$")
