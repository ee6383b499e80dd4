import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.asic.cades.ASiCWithCAdESSignatureParameters;
import eu.europa.esig.dss.asic.cades.signature.ASiCWithCAdESService;
import eu.europa.esig.dss.asic.xades.ASiCWithXAdESSignatureParameters;
import eu.europa.esig.dss.asic.xades.signature.ASiCWithXAdESService;
import eu.europa.esig.dss.cades.CAdESSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.EncryptionAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSSecurityProvider;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonCertificateSource;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.spi.x509.tsp.KeyEntityTSPSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Signs, extends and validates with EU DSS, one command a line on standard input, one answer a line on standard output:
 *
 *   sign LEVEL DIGEST SIGNER PADDING PACKAGING IN OUT     ok | failed: why
 *   cades LEVEL DIGEST SIGNER PADDING PACKAGING IN OUT    the same with CAdES
 *   asic LEVEL DIGEST SIGNER PADDING FORM IN OUT          a container of IN and order.edi; FORM is XAdES or CAdES
 *   extend LEVEL IN OUT                                   ok | failed: why
 *   verify IN [CONTENT]                                   INDICATION/SUBINDICATION FORMAT | what is wrong
 *
 * PADDING is pss or usual. The first argument is the folder of the authorities, samples/xades or one made by its script.
 */
public final class XadesOracle {
    private final Path pki;
    private final CommonCertificateVerifier verifier = new CommonCertificateVerifier();

    private XadesOracle(Path pki) throws Exception {
        this.pki = pki;
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(certificates("trust/root.pem").get(0));
        CommonCertificateSource others = new CommonCertificateSource();
        others.addCertificate(certificates("authorities/traders.pem").get(0));
        others.addCertificate(certificates("authorities/stamps.pem").get(0));
        verifier.setTrustedCertSources(trusted);
        verifier.setAdjunctCertSources(others);
        verifier.setAIASource(null);
        verifier.setCrlSource(
                new ExternalResourcesCRLSource(
                        new FileDocument(pki.resolve("crl/root.crl").toFile()),
                        new FileDocument(pki.resolve("crl/traders.crl").toFile()),
                        new FileDocument(pki.resolve("crl/stamps.crl").toFile())));
    }

    public static void main(String[] arguments) throws Exception {
        XadesOracle oracle = new XadesOracle(Path.of(arguments[0]));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String answer;
            try {
                answer = oracle.answer(line.split("\t"));
            } catch (Throwable failure) {
                answer = "failed: " + failure.toString().replaceAll("\\s+", " ");
            }
            System.out.println(answer);
            System.out.flush();
        }
    }

    private String answer(String[] asked) throws Exception {
        switch (asked[0]) {
            case "sign":
                return sign(asked[1], asked[2], asked[3], asked[4].equals("pss"), asked[5], asked[6], asked[7]);
            case "cades":
                return cades(asked[1], asked[2], asked[3], asked[4].equals("pss"), asked[5], asked[6], asked[7]);
            case "asic":
                return asic(asked[1], asked[2], asked[3], asked[4].equals("pss"), asked[5], asked[6], asked[7]);
            case "extend":
                return extend(asked[1], asked[2], asked[3]);
            case "verify":
                return verify(asked[1], asked.length > 2 ? asked[2] : null);
            default:
                return "failed: unknown command";
        }
    }

    private static SignatureLevel level(String form, String name) {
        return SignatureLevel.valueOf(form + "_BASELINE_" + name);
    }

    private KeyEntityTSPSource stamps() throws Exception {
        List<CertificateToken> chain = certificates("tsa/tsa.pem");
        KeyEntityTSPSource stamps = new KeyEntityTSPSource(key("tsa/tsa.key.pem"), chain.get(0), chain);
        stamps.setTsaPolicy("1.3.6.1.4.1.32473.1");
        return stamps;
    }

    private XAdESService service() throws Exception {
        XAdESService service = new XAdESService(verifier);
        service.setTspSource(stamps());
        return service;
    }

    private void prepare(
            AbstractSignatureParameters<?> parameters, SignatureLevel level, String digest, String signer, boolean pss)
            throws Exception {
        List<CertificateToken> chain = certificates("signers/" + signer + ".pem");
        parameters.setSignatureLevel(level);
        parameters.setSigningCertificate(chain.get(0));
        parameters.setCertificateChain(chain);
        parameters.setDigestAlgorithm(DigestAlgorithm.valueOf(digest));
        if (pss) {
            parameters.setEncryptionAlgorithm(EncryptionAlgorithm.RSASSA_PSS);
        }
    }

    private SignatureValue value(ToBeSigned toBeSigned, AbstractSignatureParameters<?> parameters, String signer)
            throws Exception {
        SignatureAlgorithm algorithm = parameters.getSignatureAlgorithm();
        Signature signature = Signature.getInstance(algorithm.getJCEId(), DSSSecurityProvider.getSecurityProvider());
        signature.initSign(key("signers/" + signer + ".key.pem"));
        signature.update(toBeSigned.getBytes());
        return new SignatureValue(algorithm, signature.sign());
    }

    private String sign(
            String level, String digest, String signer, boolean pss, String packaging, String in, String out)
            throws Exception {
        XAdESSignatureParameters parameters = new XAdESSignatureParameters();
        prepare(parameters, level("XAdES", level), digest, signer, pss);
        parameters.setSignaturePackaging(SignaturePackaging.valueOf(packaging));
        XAdESService service = service();
        DSSDocument document = new FileDocument(in);
        SignatureValue value = value(service.getDataToSign(document, parameters), parameters, signer);
        service.signDocument(document, parameters, value).save(out);
        return "ok";
    }

    private String cades(
            String level, String digest, String signer, boolean pss, String packaging, String in, String out)
            throws Exception {
        CAdESSignatureParameters parameters = new CAdESSignatureParameters();
        prepare(parameters, level("CAdES", level), digest, signer, pss);
        parameters.setSignaturePackaging(SignaturePackaging.valueOf(packaging));
        CAdESService service = new CAdESService(verifier);
        service.setTspSource(stamps());
        DSSDocument document = new FileDocument(in);
        SignatureValue value = value(service.getDataToSign(document, parameters), parameters, signer);
        service.signDocument(document, parameters, value).save(out);
        return "ok";
    }

    private String asic(String level, String digest, String signer, boolean pss, String form, String in, String out)
            throws Exception {
        List<DSSDocument> documents = List.of(new FileDocument(in), new FileDocument(pki.resolve("order.edi").toFile()));
        if (form.equals("XAdES")) {
            ASiCWithXAdESSignatureParameters parameters = new ASiCWithXAdESSignatureParameters();
            prepare(parameters, level(form, level), digest, signer, pss);
            parameters.aSiC().setContainerType(ASiCContainerType.ASiC_E);
            ASiCWithXAdESService service = new ASiCWithXAdESService(verifier);
            service.setTspSource(stamps());
            SignatureValue value = value(service.getDataToSign(documents, parameters), parameters, signer);
            service.signDocument(documents, parameters, value).save(out);
        } else {
            ASiCWithCAdESSignatureParameters parameters = new ASiCWithCAdESSignatureParameters();
            prepare(parameters, level(form, level), digest, signer, pss);
            parameters.aSiC().setContainerType(ASiCContainerType.ASiC_E);
            ASiCWithCAdESService service = new ASiCWithCAdESService(verifier);
            service.setTspSource(stamps());
            SignatureValue value = value(service.getDataToSign(documents, parameters), parameters, signer);
            service.signDocument(documents, parameters, value).save(out);
        }
        return "ok";
    }

    private String extend(String level, String in, String out) throws Exception {
        XAdESSignatureParameters parameters = new XAdESSignatureParameters();
        parameters.setSignatureLevel(level("XAdES", level));
        service().extendDocument(new FileDocument(in), parameters).save(out);
        return "ok";
    }

    private String verify(String in, String content) {
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(in));
        validator.setCertificateVerifier(verifier);
        if (content != null) {
            validator.setDetachedContents(List.of(new FileDocument(new File(content))));
        }
        SimpleReport report = validator.validateDocument(policy()).getSimpleReport();
        String id = report.getFirstSignatureId();
        if (id == null) {
            return "NONE NONE";
        }
        List<String> wrong = new ArrayList<>();
        report.getAdESValidationErrors(id).forEach(message -> wrong.add(message.getValue()));
        report.getAdESValidationWarnings(id).forEach(message -> wrong.add("(" + message.getValue() + ")"));
        report.getSignatureTimestamps(id).forEach(stamp -> wrong.add("[timestamp " + stamp.getIndication() + "]"));
        String sub = report.getSubIndication(id) == null ? "" : "/" + report.getSubIndication(id);
        return report.getIndication(id) + sub + " " + report.getSignatureFormat(id) + " | " + String.join("; ", wrong);
    }

    /** The policy of DSS, with the lines about EdDSA that it has in comments. */
    private static InputStream policy() {
        try (InputStream stream = XadesOracle.class.getResourceAsStream("/policy/constraint.xml")) {
            String policy = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            policy = policy.replaceAll("<!--\\s*(<Algo[^>]*>EdDSA</Algo>).*?-->", "$1");
            return new ByteArrayInputStream(policy.getBytes(StandardCharsets.UTF_8));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private List<CertificateToken> certificates(String name) throws Exception {
        byte[] file = Files.readAllBytes(pki.resolve(name));
        List<CertificateToken> tokens = new ArrayList<>();
        for (Object certificate :
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(file))) {
            tokens.add(new CertificateToken((X509Certificate) certificate));
        }
        return tokens;
    }

    private PrivateKey key(String name) throws Exception {
        String pem = Files.readString(pki.resolve(name));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm, DSSSecurityProvider.getSecurityProvider())
                        .generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (java.security.spec.InvalidKeySpecException another) {
                // Of another kind.
            }
        }
        throw new IllegalArgumentException(name);
    }
}
