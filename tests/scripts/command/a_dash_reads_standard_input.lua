-- shell: echo 'print(arg[0], ...) require "tidemill".sleep(0.001)' | "$TIDEMILL" - a b; echo 'print "no script"' | "$TIDEMILL"; "$TIDEMILL" -- "$SPEC"
-- stdout: -	a	b
-- stdout: no script
-- stdout: script
print "script"
