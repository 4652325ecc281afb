int one(int number)
{
    return number + 1;
}
