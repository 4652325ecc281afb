package demo;

/** Greets. */
public class Main {
    /** The program. @param arguments none are used */
    public static void main(String[] arguments) {
        Runnable greet = () -> System.out.println("hello");
        greet.run();
    }
}
