// The main function of tidemill-tests; the test cases stand next to it, one file per engine file.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
