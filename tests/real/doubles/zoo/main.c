#include <stdio.h>

int one(int), two(int);

int main(void)
{
    printf("%d\n", two(one(20)));
    return 0;
}
