static int factor = 2;

int two(int number)
{
    return number * factor++;
}
