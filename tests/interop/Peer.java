// SPDX-License-Identifier: Apache-2.0
// Java's JSSE as a peer. One machine runs many conversations, because it is slow to start: each
// line on stdin is a command with a part of bulla-peer's options, separated by tabs (\n stands for an
// end of line); reports go to stdout as bulla-peer's do, and after each command a line "Done".
//
//     java Peer.java

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

public class Peer {
    static final int TIMEOUT_MS = 20000;
    static final char[] NO_PASSWORD = new char[0];

    final Map<String, String> options = new HashMap<>();
    final boolean isServer;
    final SSLContext context;

    public static void main(String[] arguments) throws Exception {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = commands.readLine()) != null;) {
            try {
                new Peer(line.split("\t")).run();
            } catch (IOException | GeneralSecurityException error) {
                System.out.println("Failed: " + error);
            }
            System.out.println("Done");
        }
    }

    Peer(String[] command) throws IOException, GeneralSecurityException {
        isServer = command[0].equals("server");
        for (int i = 1; i < command.length; i++) {
            boolean isFlag = i + 1 == command.length || command[i + 1].startsWith("--");
            options.put(command[i].substring(2), isFlag ? "" : command[++i].replace("\\n", "\n"));
        }
        context = SSLContext.getInstance("TLS");
        context.init(keys(), trust(), null);
    }

    void run() throws IOException {
        String address = options.getOrDefault("connect", options.get("listen"));
        InetAddress host = InetAddress.getByName(address.substring(0, address.lastIndexOf(':')));
        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        int times = Integer.parseInt(options.getOrDefault("times", "1"));
        if (!isServer) {
            for (int i = 0; i < times; i++) {
                Socket plain = new Socket();
                plain.connect(new InetSocketAddress(host, port), TIMEOUT_MS);
                converse(plain, port);
            }
            return;
        }
        try (ServerSocket listening = new ServerSocket(port, 8, host)) {
            listening.setSoTimeout(TIMEOUT_MS);
            System.out.println("Listening on " + host.getHostAddress() + ":"
                               + listening.getLocalPort());
            for (int i = 0; i < times; i++) {
                converse(listening.accept(), 0);
            }
        }
    }

    // The name and port are what JSSE looks a session up by.
    void converse(Socket plain, int port) {
        long begun = System.currentTimeMillis();
        Map<String, String> report = new TreeMap<>(Map.of("cause", "ok", "alert_received", ""));
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (SSLSocket peer = isServer
                 ? (SSLSocket) context.getSocketFactory().createSocket(plain, null, true)
                 : (SSLSocket) context.getSocketFactory().createSocket(
                       plain, options.get("name"), port, true)) {
            peer.setSoTimeout(TIMEOUT_MS);
            peer.setSSLParameters(parameters(peer));
            peer.startHandshake();
            describe(report, peer, begun);
            talk(peer, received);
        } catch (IOException error) {
            Matcher alert = Pattern.compile("fatal alert: (\\w+)").matcher(error.toString());
            report.put("cause", error.toString());
            report.put("alert_received", alert.find() ? alert.group(1) : "");
        }
        report.put("received", received.toString(StandardCharsets.ISO_8859_1));
        print(report);
    }

    SSLParameters parameters(SSLSocket peer) {
        SSLParameters result = peer.getSSLParameters();
        List<String> versions = List.of("TLSv1.1", "TLSv1.2", "TLSv1.3");
        int min = versions.indexOf("TLSv" + options.getOrDefault("min", "1.2"));
        int max = versions.indexOf("TLSv" + options.getOrDefault("max", "1.3"));
        result.setProtocols(versions.subList(min, max + 1).toArray(new String[0]));
        result.setNeedClientAuth("require".equals(options.get("client-auth")));
        if ("request".equals(options.get("client-auth"))) {
            result.setWantClientAuth(true);
        }
        if (options.containsKey("alpn")) {
            result.setApplicationProtocols(options.get("alpn").split(","));
        }
        if (!isServer) {
            result.setEndpointIdentificationAlgorithm("HTTPS");
        }
        peer.setUseClientMode(!isServer);
        return result;
    }

    // A resumed session was made before its connection.
    void describe(Map<String, String> report, SSLSocket peer, long begun) throws IOException {
        SSLSession session = peer.getSession();
        String alpn = peer.getApplicationProtocol();
        report.put("version", session.getProtocol().replace("TLSv", ""));
        report.put("suite", session.getCipherSuite());
        report.put("resumed", session.getCreationTime() < begun ? "true" : "false");
        report.put("alpn", alpn == null ? "" : alpn);
        report.put("peer_certificate", "");
        try {
            byte[] leaf = session.getPeerCertificates()[0].getEncoded();
            report.put("peer_certificate", HexFormat.of().formatHex(leaf));
        } catch (SSLPeerUnverifiedException | java.security.cert.CertificateEncodingException none) {
            // stays empty
        }
        if (!isServer) {
            List<byte[]> staples = ((ExtendedSSLSession) session).getStatusResponses();
            report.put("staple", staples.isEmpty() ? "" : HexFormat.of().formatHex(staples.get(0)));
        }
    }

    void talk(SSLSocket peer, ByteArrayOutputStream received) throws IOException {
        InputStream input = peer.getInputStream();
        String until = isServer ? "\n" : options.get("until");
        if (!isServer) {
            peer.getOutputStream().write(options.get("say").getBytes(StandardCharsets.ISO_8859_1));
        }
        byte[] buffer = new byte[4096];
        while (!received.toString(StandardCharsets.ISO_8859_1).contains(until)) {
            int len = input.read(buffer);
            if (len < 0) {
                return;
            }
            received.write(buffer, 0, len);
        }
        if (isServer) {
            peer.getOutputStream().write(received.toByteArray());
        }
    }

    KeyManager[] keys() throws IOException, GeneralSecurityException {
        if (!options.containsKey("cert")) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        Certificate[] chain = certificates(options.get("cert"));
        store.setKeyEntry("own", key(chain[0], options.get("key")), NO_PASSWORD, chain);
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    TrustManager[] trust() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        if (options.containsKey("ca")) {
            store.setCertificateEntry("ca", certificates(options.get("ca"))[0]);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return options.containsKey("ca") ? factory.getTrustManagers() : null;
    }

    static Certificate[] certificates(String path) throws IOException, GeneralSecurityException {
        InputStream input = new ByteArrayInputStream(Files.readAllBytes(Path.of(path)));
        return CertificateFactory.getInstance("X.509").generateCertificates(input)
            .toArray(new Certificate[0]);
    }

    static PrivateKey key(Certificate leaf, String path)
        throws IOException, GeneralSecurityException {
        String base64 = Files.readString(Path.of(path)).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance(leaf.getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    static void print(Map<String, String> report) {
        StringBuilder line = new StringBuilder();
        report.forEach((key, value) -> {
            line.append(line.length() == 0 ? "{" : ", ").append('"').append(key).append("\": ");
            if (key.equals("resumed")) {
                line.append(value);
                return;
            }
            line.append('"');
            value.chars().forEach(c -> line.append(c < 0x20 || c > 0x7e || c == '"' || c == '\\'
                                                       ? String.format("\\u%04x", c)
                                                       : Character.toString(c)));
            line.append('"');
        });
        System.out.println(line.append('}'));
    }
}
