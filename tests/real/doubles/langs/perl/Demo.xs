#include "EXTERN.h"
#include "perl.h"
#include "XSUB.h"

MODULE = Demo  PACKAGE = Demo

int
twice(number)
    int number
  CODE:
    RETVAL = 2 * number;
  OUTPUT:
    RETVAL
