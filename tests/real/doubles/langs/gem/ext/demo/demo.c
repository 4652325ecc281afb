#include <ruby.h>

static VALUE twice(VALUE self, VALUE number)
{
    return INT2NUM(2 * NUM2INT(number));
}

void Init_demo(void)
{
    rb_define_method(rb_define_module("Demo"), "twice", twice, 1);
}
