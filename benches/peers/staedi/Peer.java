import io.xlate.edi.schema.Schema;
import io.xlate.edi.schema.SchemaFactory;
import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads an interchange to the end with StAEDI, several times, and prints the shortest time in nanoseconds, the number of
 * values and the number of errors. Arguments: the file, how many times, and a schema to check each message against, if any.
 */
public final class Peer {
    private final byte[] file;
    private final Schema schema;
    private long values;
    private long errors;

    private Peer(byte[] file, Schema schema) {
        this.file = file;
        this.schema = schema;
    }

    public static void main(String[] arguments) throws Exception {
        Schema schema = null;
        if (arguments.length > 2) {
            try (InputStream source = Files.newInputStream(Path.of(arguments[2]))) {
                schema = SchemaFactory.newFactory().createSchema(source);
            }
        }
        Peer peer = new Peer(Files.readAllBytes(Path.of(arguments[0])), schema);
        long best = Long.MAX_VALUE;
        for (int run = Integer.parseInt(arguments[1]); run > 0; run--) {
            long start = System.nanoTime();
            peer.read();
            best = Math.min(best, System.nanoTime() - start);
        }
        System.out.println(best + " " + peer.values + " " + peer.errors);
    }

    private void read() throws Exception {
        values = 0;
        errors = 0;
        EDIInputFactory factory = EDIInputFactory.newFactory();
        factory.setProperty(EDIInputFactory.EDI_VALIDATE_CONTROL_STRUCTURE, schema != null);
        try (EDIStreamReader reader = factory.createEDIStreamReader(new ByteArrayInputStream(file))) {
            while (reader.hasNext()) {
                switch (reader.next()) {
                    case START_TRANSACTION -> {
                        if (schema != null) {
                            reader.setTransactionSchema(schema);
                        }
                    }
                    case ELEMENT_DATA -> values++;
                    case SEGMENT_ERROR, ELEMENT_DATA_ERROR, ELEMENT_OCCURRENCE_ERROR -> {
                        errors++;
                        if (errors == 1) {
                            System.err.println(reader.getErrorType() + " " + reader.getText() + " at " + reader.getLocation());
                        }
                    }
                    default -> { }
                }
            }
        }
    }
}
