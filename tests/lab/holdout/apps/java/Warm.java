import java.util.ArrayList;
import java.util.List;

/** Warms an index of WARM_MB megabytes in memory, then waits. */
public class Warm {
    public static void main(String[] args) throws Exception {
        int megabytes = Integer.parseInt(System.getenv().getOrDefault("WARM_MB", "300"));
        List<byte[]> index = new ArrayList<>();
        for (int i = 0; i < megabytes; i++) {
            byte[] block = new byte[1 << 20];
            java.util.Arrays.fill(block, (byte) i);
            index.add(block);
            if (i % 20 == 0) System.out.println("INFO  com.example.search.Warm - " + i + " segments loaded");
            Thread.sleep(10);
        }
        System.out.println("INFO  com.example.search.Warm - ready");
        Thread.sleep(Long.MAX_VALUE);
    }
}
