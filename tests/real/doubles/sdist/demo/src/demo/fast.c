#include <Python.h>

static PyObject *twice(PyObject *self, PyObject *number)
{
    return PyLong_FromLong(2 * PyLong_AsLong(number));
}

static PyMethodDef methods[] = {{"twice", twice, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef fast = {PyModuleDef_HEAD_INIT, "fast", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_fast(void)
{
    return PyModule_Create(&fast);
}
