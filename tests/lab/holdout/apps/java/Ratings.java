import java.net.Socket;
import java.net.InetSocketAddress;

/** Opens a connection to HOST:PORT at the start, then waits; what goes wrong is thrown as it is. */
public class Ratings {
    public static void main(String[] args) throws Exception {
        String host = System.getenv("RATINGS_HOST");
        int port = Integer.parseInt(System.getenv().getOrDefault("RATINGS_PORT", "9080"));
        System.out.println("INFO  com.example.reviews.Ratings - connecting to " + host + ":" + port);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(java.net.InetAddress.getByName(host), port), 5000);
        }
        System.out.println("INFO  com.example.reviews.Ratings - connected");
        Thread.sleep(Long.MAX_VALUE);
    }
}
