require "mkmf"
have_header("stdio.h")
create_makefile("demo/demo")
